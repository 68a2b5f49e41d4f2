# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The code in docs/calls.md: the C blocks are one program, each JavaScript block is run. What stands behind an arrow is
# what the line is worth.

import re

import pytest
from harness.build import REPO

PAGE = REPO / 'docs' / 'calls.md'


def blocks(language):
  return re.findall(rf'^```{language}\n(.*?)^```', PAGE.read_text(encoding='utf-8'), re.DOTALL | re.MULTILINE)


def checked(script):
  """`script`, with a comparison for each arrow."""
  def check(match):
    indent, name, expression, value = match.groups()
    keep = f'{indent}const {name} = {expression};\n' if name else ''
    return f'{keep}{indent}compare({name or expression}, {value});'
  return re.sub(r'^( *)(?:const (\w+) = )?(.*); // → (.*)$', check, script, flags=re.MULTILINE)


@pytest.mark.parametrize('index', range(len(blocks('js'))))
def test_page_about_calls(build, run, engine, tmp_path_factory, index):
  source = tmp_path_factory.getbasetemp() / 'calls.c'
  source.write_text('\n'.join(blocks('c')), encoding='utf-8')
  program = build(source, '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap', '-Werror')
  script = checked(blocks('js')[index])
  result = run(program, engine, page_js=f'''
    let compared = 0;
    const compare = (value, expected) => {{
      if (value !== expected) throw new Error(`${{value}}, and not ${{expected}}`);
      compared++;
    }};
    const node = globalThis.process?.getBuiltinModule('module');
    const createProgram = node ? node.createRequire('/')(process.argv[1]) : globalThis.Module;
    {script}
    return compared;
  ''')
  assert result.report == blocks('js')[index].count('// → ') > 0
