# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The engines: how each is found, named and started, and Browser, which keeps one running on its tab page
# for all tests of a pytest worker. server.py serves the tab page; run.py sends it the tests' pages.

import itertools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import devtools
from harness.keeper import Kept

LAUNCH_SECONDS = 60  # a cold start on a loaded machine; a warm one takes 1 to 3
RETURN_SECONDS = 15  # for the page before to be gone and the tab page to ask again
MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
# engine -> (executable, Debian package)
EXECUTABLES = {
  'node': [('node', 'nodejs')],
  'chromium': [('chromium', 'chromium')],
  'firefox': [('firefox-esr', 'firefox-esr')],
  'webkit': [(MINI_BROWSER, 'webkit2gtk-driver'), ('xvfb-run', 'xvfb'), ('Xvfb', 'xvfb')],
}
ENGINES = tuple(EXECUTABLES)
VERSION_COMMANDS = {
  'node': ['node', '--version'],
  'chromium': ['chromium', '--version'],
  'firefox': ['firefox-esr', '--version'],
  # MiniBrowser says nothing without a display.
  'webkit': ['dpkg-query', '-W', '-f', 'WebKitGTK ${Version}', 'libwebkit2gtk-4.1-0'],
}

FIREFOX_PREFS = {
  # No first-run pages, prompts or restored sessions.
  'browser.aboutwelcome.enabled': False,
  'browser.sessionstore.resume_from_crash': False,
  'browser.shell.checkDefaultBrowser': False,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': False,
  'toolkit.startup.max_resumed_crashes': -1,
  # Nothing but the page uses the network.
  'app.normandy.enabled': False,
  'app.update.disabledForTesting': True,
  'browser.safebrowsing.downloads.remote.enabled': False,
  'browser.safebrowsing.malware.enabled': False,
  'browser.safebrowsing.phishing.enabled': False,
  'extensions.update.enabled': False,
  'network.captive-portal-service.enabled': False,
  'network.connectivity-service.enabled': False,
  'network.proxy.type': 0,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.server': 'data:,',
  # Busy and background pages are neither slowed down nor complained about.
  'dom.ipc.processHangMonitor': False,
  'dom.max_script_run_time': 0,
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': False,
  'dom.workers.maxPerDomain': 512,
  # Consoles, the workers' too, go to the process's output.
  'browser.dom.window.dump.enabled': True,
  'devtools.console.stdout.content': True,
}

CHROMIUM_FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-proxy-server',
  '--no-first-run', '--no-default-browser-check', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--password-store=basic',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows', '--disable-hang-monitor', '--disable-breakpad',
  # A page that was left must be gone, its workers too.
  '--disable-features=BackForwardCache',
  # Its default, /dev/shm, is 64 MB in a container.
  '--disable-dev-shm-usage',
  # Consoles, the workers' too, go to stderr.
  '--enable-logging=stderr',
  # For real input, on a port that it tells in its profile (devtools.py).
  '--remote-debugging-port=0',
]


def missing(engines):
  """The Debian packages without which some of `engines` cannot run."""
  needed = [pair for engine in engines for pair in EXECUTABLES[engine]]
  return sorted({package for executable, package in needed if not shutil.which(executable)})


def version(engine):
  try:
    done = subprocess.run(VERSION_COMMANDS[engine], capture_output=True, text=True, timeout=20)
  except (OSError, subprocess.TimeoutExpired) as error:
    return f'{engine}: {error}'
  return f'{engine}: {done.stdout.strip() or done.stderr.strip()}'


def chromium_command(profile, url):
  return ['chromium', *CHROMIUM_FLAGS, f'--user-data-dir={profile}', url]


def firefox_command(profile, url):
  def js(value):
    return str(value).lower() if isinstance(value, bool) else repr(value)
  prefs = [f'user_pref({name!r}, {js(value)});\n' for name, value in FIREFOX_PREFS.items()]
  (profile / 'user.js').write_text(''.join(prefs))
  return ['firefox-esr', '--headless', '--no-remote', '--profile', str(profile), url]


def webkit_command(_profile, url):
  # This WebKit has no headless mode, hence the X server.
  return ['xvfb-run', '-a', '-s', '-screen 0 1024x768x24', MINI_BROWSER, url]


DESKTOP_NOISE = re.compile(r'dbus|bluez|vaapi|\bthe bus\b|idle_linux|sandbox_linux|gcm/engine')

COMMANDS = {'chromium': chromium_command, 'firefox': firefox_command, 'webkit': webkit_command}


def browser_env(folder):
  """The environment without proxies and without the user's own profile, caches and desktop."""
  env = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
  homes = {name: str(folder) for name in ('HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME')}
  return {
    **env,
    **homes,
    'JSC_useSharedArrayBuffer': '1',  # else WebKitGTK has none, isolated or not
    'MOZ_CRASHREPORTER_DISABLE': '1',
    'NO_AT_BRIDGE': '1',
    'WEBKIT_DISABLE_COMPOSITING_MODE': '1',
    'WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS': '1',
  }


class Browser:
  launches = itertools.count(1)

  def __init__(self, engine, server, temporary):
    self.engine = engine
    self.server = server
    self.temporary = temporary
    self.kept = None
    self.tab = None
    self.folder = None
    self.stderr_start = 0

  def open(self, page):
    """Shows `page`; returns once its HTML was asked for."""
    warm = self.kept is not None and self.kept.poll() is None
    if warm:
      self.stderr_start = self.kept.err.stat().st_size
      self.server.send_page(page, self.tab)
      if page.opened.wait(RETURN_SECONDS):
        return
    # Crashed, or the page before will not go away. No test code has run yet: a new browser is no retry.
    self.kill()
    self.launch()
    self.server.send_page(page, self.tab)
    if not page.opened.wait(LAUNCH_SECONDS):
      output = self.output()
      self.kill()
      raise AssertionError(f'{self.engine} did not open a page within {LAUNCH_SECONDS} s\n{output}')

  def launch(self):
    self.tab = f'{self.engine}{next(self.launches)}'
    self.folder = Path(tempfile.mkdtemp(prefix=f'{self.tab}-', dir=self.temporary))
    profile = self.folder / 'profile'
    profile.mkdir()
    command = COMMANDS[self.engine](profile, self.server.open_tab(self.tab))
    self.kept = Kept(command, self.folder, browser_env(self.folder))
    self.stderr_start = 0

  def send_input(self, events):
    """Real input, which the engine takes for a user's: see devtools.py. Chromium alone."""
    if self.engine != 'chromium':
      raise ValueError(f'no way to send real input to {self.engine}')
    devtools.send_input(self.folder / 'profile', events)

  def wait_end(self, page, deadline):
    """Waits for the page's end; says what came instead, or None."""
    while not page.ended.wait(min(0.25, max(0, deadline.left))):
      if self.kept.poll() is not None:
        return 'the browser crashed'
      if deadline.left <= 0:
        return f'no end within {deadline.seconds} s'
    return None

  def output(self, limit=6000):
    """The tail of what the browser wrote since the page was opened."""
    if not self.kept:
      return ''
    text = self.kept.err.read_bytes()[self.stderr_start:] + self.kept.out.read_bytes()[-limit // 2:]
    # Chromium's dozen complaints about a desktop that is not there bury the one line that counts.
    lines = [line for line in text.decode(errors='replace').splitlines() if not DESKTOP_NOISE.search(line)]
    return '\n'.join(lines)[-limit:]

  def kill(self):
    if self.kept:
      self.kept.kill()
      self.server.close_tab(self.tab)
      shutil.rmtree(self.folder, ignore_errors=True)
      self.kept = None
