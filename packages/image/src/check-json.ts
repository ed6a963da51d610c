const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/**
 * Looks through JSON text for what JSON.parse accepts and other readers disagree on: keys that occur twice, and nesting
 * beyond a limit. Returns what is wrong, or `undefined`. Syntax is left to JSON.parse.
 */
export function checkJson(text: string, maxDepth: number): string | undefined {
  const keysByLevel: (Set<string> | undefined)[] = []
  let isKeyNext = false
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote: {
        const end = endOfString(text, i)
        const keys = keysByLevel.at(-1)
        if (isKeyNext && keys !== undefined) {
          const key = unescapeKey(text.slice(i, end + 1))
          if (keys.has(key)) return `the key ${JSON.stringify(key.slice(0, 80))} occurs twice`
          keys.add(key)
          isKeyNext = false
        }
        i = end
        break
      }
      case 0x7b: // {
      case 0x5b: // [
        isKeyNext = text[i] === '{'
        keysByLevel.push(isKeyNext ? new Set() : undefined)
        if (keysByLevel.length > maxDepth) return `it is nested deeper than ${maxDepth}`
        break
      case 0x7d: // }
      case 0x5d: // ]
        keysByLevel.pop()
        isKeyNext = false
        break
      case comma:
        isKeyNext = keysByLevel.at(-1) !== undefined
    }
  }
  return undefined
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i
    if (code === backslash) i++
  }
  return text.length
}

/** A key as JSON.parse would see it, so that an escape cannot hide a repetition. */
function unescapeKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted)
  } catch (error) {
    if (error instanceof SyntaxError) return quoted
    throw error
  }
}
