// Jest on Node 20 cannot require ESM packages: these are compiled to CommonJS, everything else in node_modules is taken as it is.
const ESM = ['@nestjs', 'mercurius', 'quick-lru', 'content-disposition', 'cookie', 'file-type', 'temporal-polyfill', 'temporal-utils', 'jose', '@marcbachmann'];
// Nor can it import() without a flag: the one file of MongoDB's driver that does so is compiled too, or no handshake would name the driver.
const DYNAMIC = 'mongodb/lib/runtime_adapters\\.js';
const { paths } = require('./tsconfig.json').compilerOptions;
const common = { module: { type: 'commonjs' }, sourceMaps: 'inline' };
const ts = {
  ...common,
  jsc: {
    target: 'es2023',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};
const js = { ...common, jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } } };
module.exports = {
  testEnvironment: 'node',
  // A busy machine is no failure.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/journeys/longest-first.cjs',
  testRegex: '\\.spec\\.ts$',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/projections', '<rootDir>/test'],
  transform: { '^.+\\.ts$': ['@swc/jest', ts], '^.+\\.m?js$': ['@swc/jest', js] },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:(?:${ESM.join('|')})/|${DYNAMIC}))`],
  moduleNameMapper: Object.fromEntries(
    Object.entries(paths).map(([alias, [target]]) => [`^${alias}$`, target.replace('./', '<rootDir>/')]),
  ),
};
