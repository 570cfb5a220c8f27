// A fault whose outcome nobody knows must not be told as one that may be tried again blindly.
import { presentError } from './rejection.presenter';

describe('a fault that passes by itself', () => {
  it.each(['AppendUnanswered', 'ServerUnreachable', 'MongoNetworkError'])('%s: says how the same mutation can be sent again', (name) => {
    const fault = Object.assign(new Error('inside'), { name });
    const reported: unknown[] = [];
    const { message, extensions } = presentError({ message: fault.message, originalError: fault }, (error) => void reported.push(error));
    expect(extensions).toEqual({ code: 'UNAVAILABLE' });
    expect(message).toContain('may have been carried out');
    expect(message).toContain('same Idempotency-Key');
    expect(message).toContain('without a key, look first');
    expect(message).not.toMatch(/inside|Nothing is lost/);
    expect(reported).toEqual([fault]);
  });
});
