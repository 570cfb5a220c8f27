// Lets a child process of a test run TypeScript sources: compiled as Jest compiles them, aliases from tsconfig.json.
const { existsSync, readFileSync } = require('node:fs');
const { Module } = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const root = path.join(__dirname, '../..');
const { paths } = require('../../tsconfig.json').compilerOptions;
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const base = paths[request] !== undefined ? path.join(root, paths[request][0]) : request.startsWith('.') && parent?.filename?.endsWith('.ts') ? path.resolve(path.dirname(parent.filename), request) : null;
  const source = base === null ? undefined : [`${base}.ts`, path.join(base, 'index.ts')].find(file => existsSync(file));
  return resolveFilename.call(this, source ?? request, parent, ...rest);
};
require.extensions['.ts'] = (module, filename) => {
  const parser = { syntax: 'typescript', decorators: true };
  const transform = { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false };
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, module: { type: 'commonjs' }, jsc: { target: 'es2023', keepClassNames: true, parser, transform } });
  module._compile(code, filename);
};
