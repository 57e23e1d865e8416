# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the results folder that we stand in, print its page on stdout.

usage: python3 -I -B analysis --name FOLDER [--switchtax PROGRAM]

Exit status: 0 printed, 3 a package is missing, 4 the files are not what they should be, 5 no
results folder; one line on stderr says which. 1 and 2 are Python's own.
"""

import argparse
import importlib.util
import os
import sys

PACKAGES = "python3-pandas python3-jinja2 python3-plotly python3-matplotlib"


def arguments():
    parser = argparse.ArgumentParser(prog="analysis")
    parser.add_argument("--name", default=".", help="what to call the folder")
    parser.add_argument("--switchtax", help="the program that prints timelines")
    return parser.parse_args()


def package():
    """This folder as a package of our own name: no module of another name can hide it."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path != here]
    spec = importlib.util.spec_from_file_location(
        "switchtax_analysis", os.path.join(here, "__init__.py"), submodule_search_locations=[here])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main():
    options = arguments()
    # A results folder is input of others: from here on nothing looks there for its settings.
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    os.chdir("/")
    try:
        make = package().load()
    except ImportError as error:
        print(f"{error}; apt-get install {PACKAGES}", file=sys.stderr)
        return 3
    return make(folder, options.name, options.switchtax)


if __name__ == "__main__":
    sys.exit(main())
