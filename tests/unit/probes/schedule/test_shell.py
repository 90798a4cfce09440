"""Shell texts: which calls of artisan and composer they make, as whom, where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.probes.schedule.calls import Calls, Text
from liveproof.probes.schedule.found import Call
from liveproof.probes.schedule.shell import LIMIT, commands
from liveproof.probes.schedule.wrappers import Setting

HOMES = {"root": "/root", "www-data": "/var/www", "deploy": "/home/deploy"}
SCRIPTS = {
    "/opt/d.sh": "#!/bin/sh\ncd /srv/app\nphp artisan up\n",
    "/srv/app/deploy.sh": '#!/bin/bash\ncd "$(dirname "$0")"\nsudo -u www-data php artisan a\nphp artisan b\n',
    "/opt/self.sh": '#!/bin/sh\n[ "$(id -u)" = 0 ] && exec sudo -u www-data "$0"\ncd /srv/app && php artisan up\n',
    "/opt/loop.sh": "/opt/loop.sh\n",
}
HOST = Calls(HOMES.get, SCRIPTS.get)


def calls(text: str, user: str = "root") -> list[Call]:
    """The calls of a text that a user runs at home."""
    setting = Setting(user, HOMES[user], {"HOME": HOMES[user], "APP": "/srv/app"})
    return list(HOST.of(Text("cron", "/etc/crontab:1", text, setting)))


@pytest.mark.parametrize(
    "text",
    [
        "cd /srv/app && php artisan schedule:run >> /dev/null 2>&1",
        "cd /srv/app; /usr/bin/php8.2 -d memory_limit=-1 artisan schedule:run",
        "php /srv/app/artisan schedule:run --no-interaction",
        "/srv/app/artisan schedule:run",
        "cd /srv/app && ./artisan schedule:run",
        "cd /srv && cd app && php artisan x",
        "(cd /srv/app && php artisan x) &",
        "cd $APP && php artisan x",
        'cd "${APP}" && php artisan x',
        "cd ../srv/app && php artisan x",
        "FOO='a b' nice -n 10 ionice -c3 php /srv/app/artisan x",
        "/usr/bin/env php /srv/app/artisan x",
        "flock -n /tmp/lock -c 'cd /srv/app && php artisan x'",
        "flock -n /tmp/lock php /srv/app/artisan x",
        "timeout -k 5 60 php /srv/app/artisan x",
        "/bin/bash -lc 'cd /srv/app; php artisan x'",
        "if ! php /srv/app/artisan x; then echo; fi",
        "D=/srv/app; cd $D && php artisan x",
        "cd /srv/app && composer install --no-dev",
        "composer install -d /srv/app",
        "php /usr/local/bin/composer.phar --working-dir=/srv/app update",
        "cd /srv/app && sudo php artisan x",
        "cd /srv/app && sudo -E -- php artisan x",
        "su -c 'cd /srv/app && php artisan x'",
        "cat <<EOF > /tmp/x\nphp /srv/other/artisan\nEOF\nphp /srv/app/artisan x",
        "/opt/d.sh",
        "bash -e /opt/d.sh",
        ". /opt/d.sh",
        "cd /srv/app && php artisan x # sudo -u www-data",
        "echo 'cd /srv/other' && cd /srv/app && php artisan x",
    ],
)
def test_root_runs_it_in_the_app(text):
    """However the line is written, it is one call, by root, in /srv/app."""
    assert [(run.user, run.app) for run in calls(text)] == [("root", "/srv/app")]


@pytest.mark.parametrize(
    "text",
    [
        "cd /srv/app && sudo -u www-data php artisan x",
        "cd /srv/app && sudo -uwww-data php artisan x",
        "cd /srv/app && sudo --preserve-env=A,B -u www-data php artisan x",
        "cd /srv/app && sudo -nHu www-data php artisan x",
        "cd /srv/app && sudo --user=www-data -- php artisan x",
        "sudo -u www-data sh -c 'cd /srv/app && php artisan x'",
        'su -s /bin/sh www-data -c "cd /srv/app && php artisan x"',
        'su www-data -s /bin/sh -c "cd /srv/app && php artisan x"',
        "su - www-data -c 'cd /srv/app && php artisan x'",
        "su -c 'php /srv/app/artisan x' www-data",
        "runuser -u www-data -- php /srv/app/artisan x",
        "runuser -l www-data -c 'php /srv/app/artisan x'",
        "setpriv --reuid=www-data --regid=www-data --init-groups php /srv/app/artisan x",
        "setpriv --reuid www-data --regid www-data --clear-groups -- php /srv/app/artisan x",
        "sudo env FOO=1 su www-data -s /bin/sh -c 'cd /srv/app && php artisan x'",
        "timeout 60 sudo -u www-data nice php /srv/app/artisan x",
    ],
)
def test_root_steps_down_first(text):
    """What looks like root's is the app's user's own."""
    assert [(run.user, run.app) for run in calls(text)] == [("www-data", "/srv/app")]


@pytest.mark.parametrize(
    "text",
    [
        "echo php artisan", "# cd /srv/app && php artisan x", "php -r 'artisan();'", "php /srv/app/artisan.php",
        "grep artisan /etc/crontab", "ssh web 'cd /srv/app && php artisan x'", "docker exec app php artisan x",
        "docker compose exec -T app php /srv/app/artisan x", "composer self-update", "composer --version",
        "cd /srv/app && composer show", "composer -d /srv/app validate", "sudo $CMD php artisan", "artisan x",
        "/opt/self.sh", "php /opt/d.sh",
        "bash /opt/none.sh /srv/app/artisan", "/opt/loop.sh", "su www-data", "sudo -l",
        "cat <<X\nphp /srv/app/artisan x\nX",
        'echo "php /srv/app/artisan x"',
        "touch /srv/app/artisan", "php", "sudo", "su -c", "flock", "bash -c", "cd", "''", '"', "$(", "`", "<<",
    ],
)  # fmt: skip
def test_what_runs_nothing_here(text):
    """Mentions, comments, other hosts, containers, and lines that are cut off."""
    assert calls(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "sudo --unknown=x composer -d /srv/app install",
        "sudo -D /srv/app -u www-data php /srv/app/artisan x",
        "env -C /srv/app php /srv/app/artisan x",
        "gosu www-data:www-data php /srv/app/artisan x",
        "chpst -u www-data:www-data php /srv/app/artisan x",
        "systemd-run --uid=www-data --working-directory=/srv/app php /srv/app/artisan x",
        "timeout 60 sudo firejail --quiet php /srv/app/artisan x",
        "find /srv -name x -exec php /srv/app/artisan x {} ;",
        "/usr/local/bin/cronitor exec key php /srv/app/artisan x",
    ],
)
def test_what_stands_behind_an_unknown_program_is_not_judged(text):
    """Whatever that makes of it: the call is told with the program."""
    (run,) = calls(text)
    assert (run.app, bool(run.wrapper)) == ("/srv/app", True)
    assert run.wrapper in text


@pytest.mark.parametrize(
    ("text", "user", "app"),
    [
        ("cd /srv/app && sudo -u $WHO php artisan x", None, "/srv/app"),
        ("cd $WHERE && php artisan x", "root", None),
        ('cd "$(git rev-parse --show-toplevel)" && php artisan x', "root", None),
        ("cd - && php artisan x", "root", None),
        ("cd /srv/app && eval php artisan x", "root", "/srv/app"),
        ("(cd /srv/app); php artisan x", "root", "/root"),
        ("sudo -iu deploy php app/artisan x", "deploy", "/home/deploy/app"),
        ("cd ~deploy/app && php artisan x", "root", "/home/deploy/app"),
        ("cd ~/app && php artisan x", "root", "/root/app"),
        ("cd && php app/artisan x", "root", "/root/app"),
        ("cd ~nobody-knows/app && php artisan x", "root", None),
    ],
)
def test_what_only_the_running_shell_knows_is_not_guessed(text, user, app):
    """Empty is what the text does not tell."""
    assert [(run.user, run.app) for run in calls(text)] == [(user or "", app or "")]


def test_a_script_tells_its_own_lines():
    """With the script, and each call as whom it is."""
    found = calls("/srv/app/deploy.sh")
    assert [(run.user, run.app, run.source, run.line) for run in found] == [
        ("www-data", "/srv/app", "/srv/app/deploy.sh:3", "sudo -u www-data php artisan a"),
        ("root", "/srv/app", "/srv/app/deploy.sh:4", "php artisan b"),
    ]


def test_the_call_is_told_as_written():
    """Command and line, so that a replacement can be shown."""
    text = "cd /srv/app && FOO=1 php artisan x >/dev/null"
    (run,) = calls(text)
    assert (run.command, run.line) == ("php artisan x", text)


@given(st.text(alphabet=st.sampled_from("ab /\\'\"$`(){}<>|&;\n#=~%-:1") | st.characters(), max_size=80))
def test_any_text_is_read(text):
    """No text makes it fail or hang, and every word lies within it."""
    for command in commands(text, {"HOME": "/root"}):
        assert all(0 <= word.start < word.end <= len(text) + 1 for word in command.words)
    calls(text)


@given(st.text(alphabet=st.sampled_from("ab /\\'\"$`(){}<>|&;\n#=~%-:1\x0b\u00a0") | st.characters(), max_size=40))
def test_every_text_is_read_to_its_end(text):
    """Unless it is inside of quotes, a here-document or a comment there."""
    opened = [char for char in text if char in "'\"`\\<#$"]
    if not opened:
        assert commands(f"{text}\nlast", {})[-1].words[-1].value == "last"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part",
    [
        "(", "$(", "`", '"', '"$(', '"$(a', "$((", "{ ", "! ", "if ", "<<", "<<E\n", "cat <<E\n$(cat <<F\n", "x=(",
        "${", '"${', "a|", "a&&", "\\\n", "'", "#", "a=", "a=$a", "<(", "2>", "<<<", "eval ", "sh -c ", 'sh -c "',
        "su -c x ", "nice ", "sudo -u ", "\ufffd", "cd x;", '"$(dirname "$0")"', "$(())",
    ],
)  # fmt: skip
def test_a_huge_text_of_others_takes_no_longer_than_its_length(part):
    """A grammar that tries all its readings needs minutes for some of these."""
    assert calls(part * (LIMIT // len(part) + 1)) == []


WORDS = """sudo su runuser setpriv env flock timeout sh -c -u www-data -- php artisan /srv/app/artisan cd /srv/app && ;
-s 'x composer install -d eval . exec $X "$(y)" nice - -l FOO=1 systemd-run -p User=x"""
words = st.sampled_from(WORDS.split())


@given(st.lists(words, max_size=12))
def test_any_wrapping_is_read(parts):
    """Wrappers in any order, with any option missing."""
    for run in calls(" ".join(parts)):
        assert run.tool in ("artisan", "composer")


@given(st.text(alphabet="abc /.-_", min_size=1, max_size=20).filter(lambda text: text.strip(" -")))
def test_quoted_names_come_out_as_they_went_in(name):
    """Single quotes keep everything."""
    (command,) = commands(f"cd '{name}'", {})
    assert command.words[1].value == name
