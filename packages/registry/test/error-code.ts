/** The code in the spec's error body. */
export async function errorCodeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { errors: [{ code: string }] }).errors[0].code
}
