"""What a build of massface has registered, asked of the program itself."""

import json
import subprocess


def choices(massface, option):
    """The values of a recipe's choice option, such as choices(massface, "PHASE.mining.strategy")."""
    printed = subprocess.run([str(massface), "options", "--json"], check=True, stdout=subprocess.PIPE).stdout
    for described in json.loads(printed)["options"]:
        if described["name"] == option:
            return described["choices"]
    raise KeyError(option)


def strategies(massface):
    return choices(massface, "PHASE.mining.strategy")
