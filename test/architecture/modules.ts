/** What the rules of the house look at in a source file, by TypeScript's own parser: comments cannot fool it. */
import ts from 'typescript';

export interface Import {
  readonly from: string;
  /** `import type` or `export type`: nothing of it is there at run time. */
  readonly typeOnly: boolean;
  /** Imported names as the other module has them; `*` and `default` for those. */
  readonly names: readonly string[];
}

export interface Module {
  /** From the package's folder, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Nothing in it but imports and exports of other modules' names. */
  readonly barrel: boolean;
  readonly defaultExport: boolean;
  /** Names of values that are used, with one property where there is one: `Math.random`, `setTimeout`. */
  readonly uses: ReadonlySet<string>;
  /** Numeric literals, by value. */
  readonly numbers: ReadonlySet<string>;
}

export function readModule(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const imports: Import[] = [];
  const uses = new Set<string>();
  const numbers = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      imports.push(...importsOf(node));
      return;
    }
    if (ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [from] = node.arguments;
      if (from !== undefined && ts.isStringLiteral(from)) {
        imports.push({ from: from.text, typeOnly: false, names: ['*'] });
      }
    }
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      uses.add(`${node.expression.text}.${node.name.text}`);
    }
    if (ts.isIdentifier(node) && isUse(node)) uses.add(node.text);
    if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) numbers.add(node.text.replace(/n$/, ''));
    ts.forEachChild(node, visit);
  };
  visit(source);
  const reexport = (node: ts.Statement) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined;
  return {
    ...{ path, imports, uses, numbers },
    lines: text.split('\n').length - 1,
    barrel:
      source.statements.some(reexport) &&
      source.statements.every((node) => ts.isImportDeclaration(node) || ts.isExportDeclaration(node)),
    defaultExport: source.statements.some(isDefaultExport),
  };
}

function importsOf(node: ts.ImportDeclaration | ts.ExportDeclaration): Import[] {
  if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return [];
  const from = node.moduleSpecifier.text;
  if (ts.isExportDeclaration(node)) return [{ from, typeOnly: node.isTypeOnly, names: ['*'] }];
  const { importClause } = node;
  if (importClause === undefined) return [{ from, typeOnly: false, names: [] }];
  const { namedBindings } = importClause;
  const names = importClause.name === undefined ? [] : ['default'];
  if (namedBindings !== undefined) {
    if (ts.isNamespaceImport(namedBindings)) names.push('*');
    else for (const { name, propertyName } of namedBindings.elements) names.push((propertyName ?? name).text);
  }
  return [{ from, typeOnly: importClause.isTypeOnly, names }];
}

/** An identifier that stands for a value, and not for a property, a label or a declaration of its own. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  const declares = 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  return !declares;
}

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.canHaveModifiers(node)) {
    if (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true)
      return true;
  }
  if (!ts.isExportDeclaration(node) || node.exportClause === undefined) return false;
  return (
    ts.isNamedExports(node.exportClause) &&
    node.exportClause.elements.some(({ name }) => name.text === 'default')
  );
}
