# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The code in docs/calls.md: the C blocks are one program, the C++ block is another, each JavaScript block is run. What
# stands behind an arrow is what the line is worth.

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
  check(build, run, engine, tmp_path_factory.getbasetemp() / 'calls.c', '\n'.join(blocks('c')), blocks('js')[index])


def test_page_about_embind(build, run, engine, tmp_path_factory):
  check(build, run, engine, tmp_path_factory.getbasetemp() / 'embind.cpp', blocks('cpp')[0], blocks('js embind')[0],
        '-lembind', '-fexceptions')


def check(build, run, engine, source, text, script, *flags):
  source.write_text(text, encoding='utf-8')
  program = build(source, '-sDEPUTY_THREAD', '-sMODULARIZE', '-sEXPORTED_RUNTIME_METHODS=ccall,cwrap', '-Werror', *flags)
  result = run(program, engine, page_js=f'''
    let compared = 0;
    const compare = (value, expected) => {{
      if (value !== expected) throw new Error(`${{value}}, and not ${{expected}}`);
      compared++;
    }};
    const node = globalThis.process?.getBuiltinModule('module');
    const createProgram = node ? node.createRequire('/')(process.argv[1]) : globalThis.Module;
    {checked(script)}
    return compared;
  ''')
  assert result.report == script.count('// → ') > 0
