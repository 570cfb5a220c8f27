import { anOrder, Journey } from './journey';

const OPS = { roles: ['ops' as const], sub: 'ops-lin' };

describe('an order from the shop to its replay', () => {
  let journey: Journey;
  beforeAll(async () => (journey = await Journey.start()), 60_000);
  afterAll(() => journey.end());

  it('boots', async () => {
    const sent = await journey.send('TB', 'orders', anOrder('9007199254740993001'));
    expect(sent).toMatchObject({ status: 202, body: { items: [{ outcome: 'CREATED' }] } });
    const { orderNumber } = sent.body.items[0]!;
    const reply = await journey.ask(OPS, `query($n: ID!) { order(orderNumber: $n) { orderNumber externalId status node holds { reason } total { amount currency } customer { name phone } } }`, { n: orderNumber });
    console.log(JSON.stringify(reply), sent);
  });
});
