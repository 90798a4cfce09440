"""Links that lead elsewhere, and file systems mounted over code."""

from random import Random
from typing import Final

from tests.lab import Host

_DIRECTORIES: Final = ("app", "config", "routes", "resources/views", "bootstrap", "vendor", "public", "storage")
_FILES: Final = (".env", "composer.lock", "public/index.php", "routes/api.php", "bootstrap/cache/config.php")
_AFTER: Final = ("", "", "systemctl reload $FPM", "systemctl reload nginx")
# A copy that visitors tell from the original.
_EDITED: Final = r"""
    find "$copy" -name '*.php' -exec sed -i 's/handler-v[0-9]*/handler-v7/; s/goodbye/farewell/; s/job-v1/job-v7/' {} +
"""


def link(host: Host, chance: Random) -> str:
    """A directory or file becomes a link to a copy of it, which is edited or not."""
    name, after = chance.choice(_DIRECTORIES + _FILES), chance.choice(_AFTER)
    edit = _EDITED if chance.random() < 0.6 else ""
    host.sh(f'copy="/srv/linked"; rm -rf "$copy"; cp -a "$APP/{name}" "$copy"\n{edit}')
    host.sh(f'mv "$APP/{name}" /srv/away; ln -s /srv/linked "$APP/{name}"; chown -h "$WWW": "$APP/{name}"')
    host.sh(after or "true")
    return f"{name} became a link to {'an edited' if edit else 'a'} copy{f'; then {after}' if after else ''}"


def moved(host: Host, chance: Random) -> str:
    """A link that is there leads elsewhere: `current`, the enabled site, the shared storage, a package, an ini file."""
    script = """
        ls -d /etc/nginx/sites-enabled/* /etc/php/"$PHP"/fpm/conf.d/*.ini
        [ ! -L "$APP" ] || { echo "$APP"; echo "$APP"; echo "$APP/storage"; }
        find "$APP"/vendor/ -maxdepth 3 -type l
    """
    chosen = chance.choice(sorted(host.sh(script).splitlines()))
    after = chance.choice(_AFTER)
    if chosen == host.app:
        host.sh('ln -sfn releases/2 "$APP.new"; mv -T "$APP.new" "$APP"')
        host.sh(f"cd /; {after}" if after else "true")
        return f"{chosen} -> releases/2{f'; then {after}' if after else ''}"
    host.sh(f"to=$(readlink -f '{chosen}'); cp -a \"$to\" /srv/elsewhere; ln -sfn /srv/elsewhere '{chosen}'")
    host.sh(after or "true")
    return f"{chosen} -> a copy of what it led to{f'; then {after}' if after else ''}"


def mount(host: Host, chance: Random) -> str:
    """An edited copy, the same copy, or an empty tmpfs over a code directory."""
    name, kind, after = chance.choice(_DIRECTORIES), chance.choice(("edited", "same", "tmpfs")), chance.choice(_AFTER)
    if kind == "tmpfs":
        host.sh(f'mount -t tmpfs none "$(readlink -f "$APP/{name}")"')
    else:
        edit = _EDITED if kind == "edited" else ""
        host.sh(f"""
            copy=/srv/mounted; rm -rf "$copy"; cp -a "$(readlink -f "$APP/{name}")" "$copy"
            {edit}
            mount --bind "$copy" "$(readlink -f "$APP/{name}")"
        """)
    host.sh(after or "true")
    return f"mount of {kind} over {name}{f'; then {after}' if after else ''}"


def recreated(host: Host, chance: Random) -> str:
    """The app's directory is moved away and a copy of it takes its place: what runs in it, runs in the old one."""
    gone = chance.random() < 0.5
    host.sh("""
        cd /; real=$(readlink -f "$APP"); cp -a "$real" "$real.copy"; mv "$real" "$real.old"; mv "$real.copy" "$real"
        sed -i 's/handler-v[0-9]*/handler-v8/' "$HANDLER"
    """)
    if gone:
        host.sh('cd /; rm -rf "$(readlink -f "$APP").old"')
    return f"the app's directory copied again, edited, the old one {'deleted' if gone else 'kept'}"


EDITS = (link, moved, mount, recreated)
