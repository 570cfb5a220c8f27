// What the server says it can do. The client chooses by it: without BatchAppend here it would append one call at a time.
// Names and features as 24.6 lists them for the services that exist here.
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import type { Empty } from '@eventstore/db-client/generated/shared_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { Serving } from './serving';

const VERSION = '24.6.0';

export function featuresHandler(serving: Serving) {
  return ({ metadata }: ServerUnaryCall<Empty, SupportedMethods>, answer: sendUnaryData<SupportedMethods>): void => {
    const refused = serving.refusesRead(metadata);
    if (refused !== undefined) return answer(refused);
    const methods = Object.values(StreamsService as unknown as Record<string, { path: string }>).map(({ path }) => {
      const [, service = '', method = ''] = path.toLowerCase().split('/');
      return new SupportedMethod().setServiceName(service).setMethodName(method).setFeaturesList(method === 'read' ? ['position', 'events'] : []);
    });
    const supported = new SupportedMethods().setEventStoreServerVersion(VERSION).setMethodsList(methods);
    void (serving.faults.held ?? Promise.resolve()).then(() => answer(null, supported));
  };
}
