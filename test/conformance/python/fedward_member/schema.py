"""proto/fedward.proto as message classes, read at run time: Debian's python3-protobuf comes without protoc.

It reads as much of proto3 as that file has: top-level messages and enums, oneofs, `optional` and `repeated`.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Iterator, List

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

PROTO_FILE = Path(__file__).resolve().parents[4] / "proto" / "fedward.proto"

SCALARS = {
    name: getattr(FieldDescriptorProto, f"TYPE_{name.upper()}")
    for name in ("string", "bytes", "bool", "uint32", "uint64", "double")
}


def load(path: Path = PROTO_FILE) -> SimpleNamespace:
    """All messages of the file, by name."""
    file = parse(path.read_text(encoding="utf-8"))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    # Newer releases have the first, Debian 12's the second.
    newer = getattr(message_factory, "GetMessageClass", None)
    make = newer or message_factory.MessageFactory(pool).GetPrototype
    names = [message.name for message in file.message_type]
    return SimpleNamespace(**{n: make(pool.FindMessageTypeByName(f"{file.package}.{n}")) for n in names})


def parse(text: str) -> FileDescriptorProto:
    file = FileDescriptorProto(name="fedward.proto", syntax="proto3")
    tokens = iter(re.findall(r'"[^"]*"|[\w.]+|[{}()=;]', re.sub(r"//.*", "", text)))
    for token in tokens:
        if token == "package":
            file.package = next(tokens)
        elif token == "message":
            read_message(file.message_type.add(name=next(tokens)), body(tokens))
        elif token == "enum":
            read_enum(file.enum_type.add(name=next(tokens)), body(tokens))
        elif token == "service":
            body(tokens)
    enums = {enum.name for enum in file.enum_type}
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type = field.TYPE_ENUM if field.type_name in enums else field.TYPE_MESSAGE
                field.type_name = f".{file.package}.{field.type_name}"
    return file


def body(tokens: Iterator[str]) -> List[str]:
    """What stands between the next brace and the one that closes it."""
    depth, inside = 0, []
    for token in tokens:
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth > 0:
            inside.append(token)
        elif token == "}":
            return inside[1:]
    raise ValueError("fedward.proto ends within a brace")


def read_message(message: DescriptorProto, inside: List[str]) -> None:
    tokens = iter(inside)
    optionals = []
    for token in tokens:
        if token == "oneof":
            message.oneof_decl.add(name=next(tokens))
            members = iter(body(tokens))
            for kind in members:
                read_field(message, kind, members).oneof_index = len(message.oneof_decl) - 1
        elif token == "repeated":
            read_field(message, next(tokens), tokens).label = FieldDescriptorProto.LABEL_REPEATED
        elif token == "optional":
            optionals.append(read_field(message, next(tokens), tokens))
        else:
            read_field(message, token, tokens)
    # proto3 keeps presence in a oneof of one, after all that were written.
    for field in optionals:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{field.name}")


def read_field(message: DescriptorProto, kind: str, tokens: Iterator[str]) -> FieldDescriptorProto:
    """`kind name = number;`"""
    name, equals, number, end = (next(tokens) for _ in range(4))
    if (equals, end) != ("=", ";"):
        raise ValueError(f"fedward.proto: {kind} {name} {equals} {number} {end} cannot be read")
    field = message.field.add(name=name, number=int(number), label=FieldDescriptorProto.LABEL_OPTIONAL)
    if kind in SCALARS:
        field.type = SCALARS[kind]
    else:
        field.type_name = kind
    return field


def read_enum(enum: EnumDescriptorProto, inside: List[str]) -> None:
    tokens = iter(inside)
    for name in tokens:
        _, number, _ = (next(tokens) for _ in range(3))
        enum.value.add(name=name, number=int(number))
