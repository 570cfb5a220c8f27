// The files of a small cash system: receipts (one file gzip, one plain), their log, articles and depots.
// The dirt in them stands in known lines.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST = '90071992547409931';
const SECOND = '90071992547409932';

const ARTICLES = ['{"article":"TEA","names":{"de":"Tee"},"group":"DRINKS"}', '{"article":"CUP","names":{"de":"Tasse"},"group":"China"}'];
const RECEIPTS_A = [
  `{"no":${FIRST},"created":1767927600,"changed":1767927600250,"buyer":{"id":"B1","name":"Jo","tel":"030 1","level":"gold"},"to":{"land":"BE","town":"Berlin","street":"Weg","house":1},`
    + '"cart":[{"pos":1,"article":"TEA","pieces":2,"cent":1250},{"pos":2,"article":"CUP","pieces":1,"cent":5}],"postageCent":500,"rebateCent":5,"sumCent":3000}',
  '{"no":',
  '{"no":"R-3","created":"yesterday","buyer":{"id":"B1"},"cart":[],"sumCent":1}',
];
const RECEIPTS_B = [
  `{"no":${SECOND},"created":1767930000,"buyer":{"id":"B2","name":"Mo","tel":"030 2","level":"basic"},"to":{"land":"BE","town":"Berlin","street":"Allee","house":"2a"},`
    + '"cart":[{"pos":1,"article":"CUP","pieces":1,"cent":700}],"sumCent":700}',
  '',
  '{"created":1767930000,"buyer":{"id":"B2"},"sumCent":700}',
];
const LOG = [
  `{"kind":"sent","ts":1767935000,"about":{"receipt":${FIRST}},"depotId":"7","parcels":[{"id":"P1","content":[{"pos":1,"pieces":2}]},{"id":"P2","content":[{"pos":2,"pieces":1}]}]}`,
  `{"kind":"paid","ts":1767928000,"about":{"receipt":${FIRST}},"voucher":"V1","cent":3000}`,
  '{"kind":"paid","ts":1767928000,"about":{"receipt":"nowhere"},"voucher":"V2","cent":3000}',
  `{"kind":"paid","ts":1767931000,"about":{"receipt":${SECOND}},"voucher":"V3","cent":7.5}`,
  `{"kind":"arrived","ts":1767999000,"about":{"receipt":${FIRST}},"parcel":"P1"}`,
  `{"kind":"arrived","ts":1767999600,"about":{"receipt":${FIRST}},"parcel":"P2"}`,
  '{"kind":"paid","ts":1767931000,"about":{"receipt":"R-3"},"voucher":"V4","cent":1}',
];

/** Into an empty folder. */
export function writeCornerShop(folder: string): void {
  writeFileSync(join(folder, 'articles.ndjson.gz'), gzipSync(`${ARTICLES.join('\n')}\n`));
  writeFileSync(join(folder, 'receipts-a.ndjson.gz'), gzipSync(RECEIPTS_A.join('\n')));
  writeFileSync(join(folder, 'receipts-b.ndjson'), `${RECEIPTS_B.join('\r\n')}\r\n`);
  writeFileSync(join(folder, 'log.ndjson'), `${LOG.join('\n')}\n`);
  writeFileSync(join(folder, 'depots.csv'), Buffer.from("7;'Süd; ''Rampe'' 2'\n", 'latin1'));
}

/** What cannot be taken of them before intake sees anything, as FILE:LINE REASON. */
export const CORNER_SHOP_DIRT = [
  expect.stringMatching(/^receipts-a\.ndjson\.gz:2 The line is not JSON: /),
  'receipts-a.ndjson.gz:3 orders: "yesterday" is not a number of seconds since 1970',
  'log.ndjson:4 payments: "7.5" is not a whole number of minor units',
  'receipts-b.ndjson:3 "no" is missing: the row has no key',
  'log.ndjson:3 No row of "receipts" has the no "nowhere"',
];
