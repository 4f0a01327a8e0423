// Tables as Parquet files: one writer of plain, uncompressed columns.

// Numbers that the format gives to physical types, to repetition, and to texts in UTF-8.
const PARQUET_TYPES = { int: 2, double: 5, text: 6, truth: 0 };
const PARQUET_OPTIONAL = 1;
const PARQUET_UTF8 = 0;
const PARQUET_PLAIN = 0;
const PARQUET_RLE = 3;
/** Rows per group: readers hold one group at a time. */
const PARQUET_GROUP = 50_000;

/** Bytes that grow. */
function byteWriter() {
  let bytes = new Uint8Array(1024);
  let size = 0;
  const reserve = (more) => {
    if (size + more <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, size + more));
    larger.set(bytes.subarray(0, size));
    bytes = larger;
  };
  const writer = {
    byte(value) {
      reserve(1);
      bytes[size] = value;
      size += 1;
    },
    /** A number of 7 bits per byte, the lowest first. */
    varint(value) {
      let rest = value;
      while (rest > 127) {
        writer.byte((rest % 128) | 128);
        rest = Math.floor(rest / 128);
      }
      writer.byte(rest);
    },
    int32(value) {
      reserve(4);
      new DataView(bytes.buffer).setUint32(size, value, true);
      size += 4;
    },
    int64(value) {
      reserve(8);
      new DataView(bytes.buffer).setBigInt64(size, BigInt(value), true);
      size += 8;
    },
    double(value) {
      reserve(8);
      new DataView(bytes.buffer).setFloat64(size, value, true);
      size += 8;
    },
    raw(more) {
      reserve(more.length);
      bytes.set(more, size);
      size += more.length;
    },
    done: () => bytes.subarray(0, size),
    get size() {
      return size;
    },
  };
  return writer;
}

// Kinds of fields in Thrift's compact protocol.
const THRIFT = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 };
const utf8 = new TextEncoder();

/** Write a struct by Thrift's compact protocol: fields are [id, kind, value], ids ascending; absent ones are null. */
function writeThrift(writer, fields) {
  let last = 0;
  for (const [id, kind, value] of fields.filter(Boolean)) {
    writer.byte(((id - last) << 4) | THRIFT[kind.split(" ")[0]]);
    writeThriftValue(writer, kind, value);
    last = id;
  }
  writer.byte(0);
}

function writeThriftValue(writer, kind, value) {
  const [outer, inner] = kind.split(" ");
  // Whole numbers in zigzag: all of them here are 0 or more.
  if (outer === "i32" || outer === "i64") writer.varint(2 * value);
  else if (outer === "struct") writeThrift(writer, value);
  else if (outer === "text") {
    const encoded = utf8.encode(value);
    writer.varint(encoded.length);
    writer.raw(encoded);
  } else {
    if (value.length < 15) writer.byte((value.length << 4) | THRIFT[inner]);
    else {
      writer.byte(0xf0 | THRIFT[inner]);
      writer.varint(value.length);
    }
    for (const each of value) writeThriftValue(writer, inner, each);
  }
}

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

/** Write which values of a column are there, as runs of ones and zeros. */
function definitionLevels(values) {
  const writer = byteWriter();
  for (let start = 0; start < values.length; ) {
    const missing = isMissing(values[start]);
    let end = start + 1;
    while (end < values.length && isMissing(values[end]) === missing) end += 1;
    writer.varint(2 * (end - start));
    writer.byte(missing ? 0 : 1);
    start = end;
  }
  return writer.done();
}

/** Write the values of a column that are there. */
function plainValues(type, values) {
  const writer = byteWriter();
  const there = values.filter((value) => !isMissing(value));
  if (type === "truth") {
    for (let start = 0; start < there.length; start += 8) {
      writer.byte(there.slice(start, start + 8).reduce((bits, value, place) => bits | (Number(value) << place), 0));
    }
  } else if (type === "text") {
    for (const value of there) {
      const encoded = utf8.encode(value);
      writer.int32(encoded.length);
      writer.raw(encoded);
    }
  } else for (const value of there) type === "int" ? writer.int64(value) : writer.double(value);
  return writer.done();
}

/** Write a part of a column as one page, and return what the file's end says of it. */
function writeColumn(file, { name, type }, values) {
  const start = file.size;
  const [levels, content] = [definitionLevels(values), plainValues(type, values)];
  const size = 4 + levels.length + content.length;
  const page = [
    [1, "i32", values.length],
    [2, "i32", PARQUET_PLAIN],
    [3, "i32", PARQUET_RLE],
    [4, "i32", PARQUET_RLE],
  ];
  writeThrift(file, [
    [1, "i32", 0],
    [2, "i32", size],
    [3, "i32", size],
    [5, "struct", page],
  ]);
  file.int32(levels.length);
  file.raw(levels);
  file.raw(content);
  const whole = file.size - start;
  const described = [
    [1, "i32", PARQUET_TYPES[type]],
    [2, "list i32", [PARQUET_PLAIN, PARQUET_RLE]],
    [3, "list text", [name]],
    [4, "i32", 0],
    [5, "i64", values.length],
    [6, "i64", whole],
    [7, "i64", whole],
    [9, "i64", start],
  ];
  return [
    [2, "i64", start],
    [3, "struct", described],
  ];
}

/**
 * Write a table as a Parquet file.
 *
 * @param {{name: string, type: "text"|"double"|"int"|"truth", values: Array}[]} columns of equal length; null is missing
 */
function parquet(columns) {
  const rows = columns[0].values.length;
  const file = byteWriter();
  const magic = utf8.encode("PAR1");
  file.raw(magic);
  const groups = [];
  for (let start = 0; start < rows; start += PARQUET_GROUP) {
    const begin = file.size;
    const end = Math.min(rows, start + PARQUET_GROUP);
    const chunks = columns.map((column) => writeColumn(file, column, column.values.slice(start, end)));
    groups.push([
      [1, "list struct", chunks],
      [2, "i64", file.size - begin],
      [3, "i64", end - start],
    ]);
  }
  const schema = columns.map(({ name, type }) => [
    [1, "i32", PARQUET_TYPES[type]],
    [3, "i32", PARQUET_OPTIONAL],
    [4, "text", name],
    type === "text" && [6, "i32", PARQUET_UTF8],
  ]);
  const footer = byteWriter();
  writeThrift(footer, [
    [1, "i32", 1],
    [2, "list struct", [[[4, "text", "documents"], [5, "i32", columns.length]], ...schema]],
    [3, "i64", rows],
    [4, "list struct", groups],
    [6, "text", "gloctm"],
  ]);
  file.raw(footer.done());
  file.int32(footer.size);
  file.raw(magic);
  return file.done();
}

/** Save a table as Parquet. */
function saveParquet(columns, what) {
  saveBlob(new Blob([parquet(columns)], { type: "application/vnd.apache.parquet" }), fileName(what, "parquet"));
}
