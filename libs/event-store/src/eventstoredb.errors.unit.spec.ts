// What is refused is told as what it is: an operator looks where the sentence points.
import { AttemptFailed, ServerRefuses, ServerUnreachable } from './eventstoredb.errors';

it.each([
  ['a mistake in what was sent', 3, 'does not take what it was sent (why). Access is not the matter'],
  ['a lack of rights', 7, 'does not give access (why)'],
  ['a lack of credentials', 16, 'does not give access (why)'],
  ['a server that is too old', 12, 'is too old'],
])('tells %s', (_, code, says) => {
  expect(new ServerRefuses('host:2113', new AttemptFailed(code, 'why', true)).message).toContain(says);
});

it.each([
  ['Error: 801C6D20B47F0000:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:350:\n', 'what answers there does not speak TLS'],
  ['self-signed certificate in certificate chain', 'name that with tlsCAFile'],
  ['unable to verify the first certificate', 'name that with tlsCAFile'],
  ["Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b", 'its certificate is for another host name'],
])('tells in one line what is wrong with TLS', (cause, says) => {
  const { message } = new ServerUnreachable('host:2113', new AttemptFailed(14, `14 UNAVAILABLE: No connection established. Last error: ${cause}. Resolution note: `, false));
  expect(message).toContain(says);
  expect(message).not.toMatch(/\n|openssl|UNAVAILABLE/);
});

it('tells what a connection failed of, without what gRPC puts around it', () => {
  const { message } = new ServerUnreachable('host:2113', new AttemptFailed(14, '14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ', false));
  expect(message).toContain('host:2113 (14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1). Start it');
});
