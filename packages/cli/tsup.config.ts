import { library } from '../../tsup.base.ts'

/** Bundled here, so that a command is one small file; only the daemon takes engine and server from their packages. */
const CLIENT = ['@ct/api', '@ct/errors']

export default library({
  entry: ['src/ct.ts', 'src/index.ts'],
  dts: { entry: 'src/index.ts', compilerOptions: { ignoreDeprecations: '6.0' } },
  noExternal: CLIENT,
  esbuildPlugins: [
    {
      name: 'daemon',
      setup(build) {
        build.onResolve({ filter: /^@ct\// }, ({ path, importer }) =>
          /serve-daemon\.ts$/.test(importer) ? { path, external: true } : undefined,
        )
      },
    },
  ],
})
