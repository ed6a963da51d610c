import ts from 'typescript'

/** What the size rules say of one function. */
export interface FunctionShape {
  readonly name: string
  readonly line: number
  readonly lines: number
  readonly parameters: number
}

/** Every function, method and arrow function of a source text, with its size. */
export function functionsOf(text: string): readonly FunctionShape[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  const found: FunctionShape[] = []
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const start = lineOf(node.getStart(file))
      found.push({ name: nameOf(node), line: start, lines: lineOf(node.end) - start + 1, parameters: node.parameters.length })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined && 'text' in node.name) return String(node.name.text)
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  return ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name) ? node.parent.name.text : '(anonymous)'
}

/** Lines of comment, and lines that are not blank, of a source text. */
export function commentShare(text: string): { readonly comment: number; readonly total: number } {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  const commented = new Set<number>()
  const mark = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) {
      const last = file.getLineAndCharacterOfPosition(end).line
      for (let line = file.getLineAndCharacterOfPosition(pos).line; line <= last; line++) commented.add(line)
    }
  }
  const visit = (node: ts.Node): void => {
    mark(ts.getLeadingCommentRanges(text, node.getFullStart()))
    mark(ts.getTrailingCommentRanges(text, node.end))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return { comment: commented.size, total: text.split('\n').filter((line) => line.trim() !== '').length }
}

/** Names that a module exports, in order. */
export function exportedNames(text: string): readonly string[] {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  return file.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return [`(not a named re-export) ${statement.getText(file).slice(0, 60)}`]
    const { exportClause } = statement
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [`(wildcard) ${statement.getText(file)}`]
    return exportClause.elements.map((element) => (statement.isTypeOnly || element.isTypeOnly ? 'type ' : '') + element.name.text)
  })
}
