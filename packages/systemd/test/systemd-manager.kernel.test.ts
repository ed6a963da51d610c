import { expect, it } from 'vitest'
import { isSystemdRunning, SystemdManager } from '../src/systemd-manager.ts'

it.skipIf(isSystemdRunning())('says, with a hint, that systemd does not run', async () => {
  const refused = expect.objectContaining({ code: 'SYSTEMD_UNAVAILABLE', kind: 'unsupported', hint: expect.any(String) })
  await expect(SystemdManager.connect()).rejects.toThrow(refused)
})
