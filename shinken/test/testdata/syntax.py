"""Tells what of the files given Python 2.6 or 3.4 couldn't read, as far as a newer Python can tell."""
import ast
import re
import sys

TOO_NEW = ('Set', 'SetComp', 'DictComp', 'JoinedStr', 'Nonlocal', 'AsyncFunctionDef', 'Await', 'YieldFrom', 'AnnAssign',
           'NamedExpr', 'Match', 'TryStar', 'MatMult')
NAMES = ('OrderedDict', 'Counter', 'check_output', 'total_seconds', 'bit_length', 'viewitems', 'assertIn',
         'assertIsNone', 'assertRaisesRegex', 'assertGreater', 'assertLess', 'skipIf', 'memoryview', 'importlib')


def complaints(path):
    source = open(path).read()
    for node in ast.walk(ast.parse(source, path)):
        name, line = type(node).__name__, getattr(node, 'lineno', 0)
        if name in TOO_NEW:
            yield line, name
        elif name == 'With' and len(node.items) > 1:
            yield line, 'several managers in one with'
        elif name == 'Raise' and node.cause:
            yield line, 'raise from'
        elif name == 'FunctionDef' and (node.args.kwonlyargs or node.returns):
            yield line, 'keyword-only arguments or annotations'
        elif name == 'Call' and isinstance(node.func, ast.Name) and node.func.id == 'super' and not node.args:
            yield line, 'super without arguments'
        elif (name == 'Call' and isinstance(node.func, ast.Attribute) and node.func.attr in ('encode', 'decode')
              and node.keywords):
            yield line, 'encode or decode with a keyword'
        elif name in ('List', 'Tuple') and [e for e in node.elts if isinstance(e, ast.Starred)]:
            yield line, 'a star outside of a call'
        elif name == 'Call' and [e for e in node.args[:-1] if isinstance(e, ast.Starred)]:
            yield line, 'an argument after a star'
        elif name == 'Attribute' and node.attr in NAMES:
            yield line, node.attr
        elif name == 'Attribute' and node.attr in ('format', 'major', 'minor'):
            yield line, '.' + node.attr
    for number, line in enumerate(source.split('\n')):
        if re.search(r"\d_\d", re.sub(r"'[^']*'|#.*", '', line)):
            yield number + 1, 'underscore in a number'


found = 0
for path in sys.argv[1:]:
    for complaint in complaints(path):
        found += 1
        print('%s:%d: %s' % ((path,) + complaint))
sys.exit(found > 0)
