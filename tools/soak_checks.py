"""What must be true of the files of a process that was killed, for tools/soak.py. Each function raises Difference."""

import json
import struct


class Difference(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Difference(message)


def files_below(folder):
    """Returns {path relative to the folder: path} of all files."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def is_partial(name):
    return any(part.endswith(".partial") for part in name.split("/"))


def require_same_bytes(path, expected):
    found = path.read_bytes()
    require(found == expected, f"{path} has {len(found)} bytes that differ from the {len(expected)} expected ones")


def require_same_tree(folder, reference):
    """reference: {relative path: bytes}. Nothing may be missing, left over or different."""
    found = files_below(folder)
    require(found.keys() == reference.keys(),
            f"{folder}: missing {sorted(reference.keys() - found.keys())}, left over "
            f"{sorted(found.keys() - reference.keys())}")
    for name, path in found.items():
        require_same_bytes(path, reference[name])


def json_lines(path, cut_off_allowed):
    """Returns the objects of a file of lines. Only a last line without its end may be cut off."""
    lines = path.read_text().split("\n")
    if cut_off_allowed:
        lines[-1] = ""
    require(lines[-1] == "", f"{path}: the last line is cut off")
    try:
        return [json.loads(line) for line in lines[:-1]]
    except ValueError as error:
        raise Difference(f"{path}: {error}")


def metrics_of(path):
    """Returns {step: loss} and {step: validation accuracy} of a metrics.jsonl."""
    losses, accuracies = {}, {}
    for record in json_lines(path, cut_off_allowed=False):
        step = record["global_step"]
        if record["kind"] == "step":
            require(step not in losses, f"{path}: step {step} is recorded twice")
            losses[step] = (record["phase"], record["step"], record["loss"], record["learning_rate"],
                            record["gradient_norm"])
        elif record["kind"] == "validation":
            accuracies[step] = record["validation_accuracy"]
    require(list(losses) == sorted(losses), f"{path}: its steps are not in order")
    return losses, accuracies


def make_crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = make_crc_table()


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def event_records(path, cut_off_allowed):
    """Returns the payloads of a TensorBoard event file."""
    data, place, records = path.read_bytes(), 0, []
    while place < len(data):
        whole = len(data) - place >= 12
        length = struct.unpack_from("<Q", data, place)[0] if whole else 0
        if not whole or len(data) - place < 16 + length:
            require(cut_off_allowed, f"{path}: the last record is cut off")
            break
        header, payload = data[place:place + 8], data[place + 12:place + 12 + length]
        require(struct.unpack_from("<I", data, place + 8)[0] == masked_crc32c(header)
                and struct.unpack_from("<I", data, place + 12 + length)[0] == masked_crc32c(payload),
                f"{path}: the record at byte {place} is damaged")
        records.append(payload)
        place += 16 + length
    return records


def fields_of(message):
    """Returns {number: value} of the top level of a protobuf message."""
    place, fields = 0, {}

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        key = varint()
        number, kind = key >> 3, key & 7
        if kind == 0:
            fields[number] = varint()
        elif kind == 1:
            place += 8
        elif kind == 5:
            place += 4
        else:
            length = varint()
            fields[number] = message[place:place + length]
            place += length
    return fields


EVENT_STEP, EVENT_SUMMARY, EVENT_SESSION_LOG = 2, 5, 7


def steps_of_events(folder):
    """Returns the steps whose loss TensorBoard shows, in the order in which it shows them: it reads the files in the
    order of their names, and the start of a session drops what was read about its step and later ones."""
    paths = sorted(folder.iterdir(), key=lambda path: (path.name.split(".")[3], path.stat().st_mtime_ns))
    steps = []
    for path in paths:
        # The file of a killed process ends where the process did.
        for record in event_records(path, cut_off_allowed=path != paths[-1]):
            fields = fields_of(record)
            step = fields.get(EVENT_STEP, 0)
            if EVENT_SESSION_LOG in fields:
                steps = [earlier for earlier in steps if earlier < step]
            elif b"/loss" in fields.get(EVENT_SUMMARY, b""):
                steps.append(step)
    return steps
