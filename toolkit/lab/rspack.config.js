// TypeScript is stripped here, and checked by tsc before (`make lab` runs both).
const { rspack } = require('@rspack/core');

module.exports = {
  resolve: { extensions: ['.ts', '.js'] },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'builtin:swc-loader',
        options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
        type: 'javascript/auto'
      }
    ]
  },
  // Numbers would be made from where the sources lie: the same sources are to make the same files anywhere.
  optimization: { moduleIds: 'named', chunkIds: 'named' }
};
