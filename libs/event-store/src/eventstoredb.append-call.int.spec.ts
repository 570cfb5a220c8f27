// An attempt that cannot even be put into words fails at once, and by itself.
import { SystemClock, SystemRandomness } from '@app/runtime';
import { openWithFaults } from '../../../test/servers/eventstoredb/stores-for-tests';
import { AppendCall } from './eventstoredb.append-call';
import { EventStoreDbConnection } from './eventstoredb.connection';

class ClockThatStops extends SystemClock {
  stopped = true;
  override now(): string {
    if (this.stopped) throw new Error('the clock has stopped');
    return super.now();
  }
}

it.each(['not yet', 'already'])('while the call is %s open', async when => {
  const { server, dispose } = await openWithFaults();
  const connection = EventStoreDbConnection.of(server.url);
  const clock = new ClockThatStops();
  const call = new AppendCall({ connection, clock, random: new SystemRandomness() });
  const event = { id: '00000000-0000-4000-8000-000000000001', type: 'ThingHappened', data: Buffer.from('{}'), metadata: Buffer.from('{}') };
  const append = (stream: string): Promise<unknown> => call.attempt({ stream, expected: 'none', events: [event] }, 3_000);
  try {
    if (when === 'already') {
      clock.stopped = false;
      expect(await append('thing-1')).toMatchObject({ outcome: 'appended' });
      clock.stopped = true;
    }
    await expect(append('thing-2')).rejects.toThrow('the clock has stopped');
    expect(call['pending'].size).toBe(0);
    clock.stopped = false;
    expect(await append('thing-3')).toMatchObject({ outcome: 'appended' });
  } finally {
    call.close();
    await connection.close();
    await dispose();
  }
}, 2_500);
