using NetSniff.Packets;

namespace NetSniff.Records;

public enum FieldKind : byte { Number, Flag, Duration, Time, Text, Bytes, Address, Texts, Numbers }

/// <summary>What a parser says about one exchange. Its fields are named once, in <see cref="Describe"/>: codec, store
/// columns, filter names, JSON and the docs page all read from there.</summary>
/// <remarks>Names are `protocol.field`, unique over all records, and are API: append, never rename. The same calls in
/// the same order every time, with <c>has: false</c> (or an empty text) for what this record lacks. At most
/// <see cref="RecordSchema.FieldsMax"/> fields.</remarks>
public interface IRecord
{
    static abstract RecordInfo Info { get; }

    void Describe<TVisitor>(ref TVisitor visitor) where TVisitor : IFieldVisitor, allows ref struct;
}

/// <summary>The static face of a record kind.</summary>
/// <param name="Name">What tables, JSON and filters call it: `http`, `dns`, `flow`.</param>
/// <param name="About">One sentence for the docs.</param>
/// <param name="Lines">How one record reads on one line: templates such as `{http.method} {http.uri}`; the first whose
/// fields are all there is used. `{a|b}` takes the first present; `{a?text}` prints text if the flag a is set; `{a~1}`
/// gives way where a terminal is narrow, before `{b~2}` and `{c~3}`. Two blanks stand between things that are said.
/// </param>
public sealed record RecordInfo(string Name, string About, params string[] Lines);

/// <summary>Takes the fields of a record. `about` is the docs' sentence on the field, with its unit; a visitor that
/// writes bytes ignores name and about, and the compiler drops both.</summary>
public interface IFieldVisitor
{
    void Number(string name, string about, ulong value, bool has = true);

    void Flag(string name, string about, bool value, bool has = true);

    /// <summary>Nanoseconds between two moments.</summary>
    void Duration(string name, string about, long nanos, bool has = true);

    /// <summary>Nanoseconds since 1970 UTC.</summary>
    void Time(string name, string about, long nanos, bool has = true);

    /// <summary>Text as on the wire, meant to be UTF-8 but not checked; empty means absent.</summary>
    void Text(string name, string about, ReadOnlySpan<byte> value);

    /// <summary>Octets, shown in hex; empty means absent.</summary>
    void Bytes(string name, string about, ReadOnlySpan<byte> value);

    void Address(string name, string about, Address value, bool has = true);

    void Texts(string name, string about, TextList values);

    void Numbers(string name, string about, ReadOnlySpan<ulong> values);
}
