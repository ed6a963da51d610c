import { Agent, buildConnector, EnvHttpProxyAgent, errors } from 'undici'
import connectorOf from 'undici/lib/core/connect.js'
import parts from 'undici/lib/core/errors.js'
import OneAgent from 'undici/lib/dispatcher/agent.js'
import OneProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js'
import { expect, it } from 'vitest'

it('the parts of undici that are loaded alone are those of its index', () => {
  expect([OneAgent, OneProxyAgent, connectorOf, parts]).toEqual([Agent, EnvHttpProxyAgent, buildConnector, errors])
})
