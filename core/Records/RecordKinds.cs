namespace NetSniff.Records;

/// <summary>Numbers for record types: the order of the list in Protocols.cs, or of first use where that list was never
/// touched.</summary>
public static class RecordKinds
{
    private static readonly List<RecordSchema> s_schemas = [];

    // The list again, for readers of records: an index into it is one load.
    private static RecordSchema[] s_byNumber = [];
    private static readonly Dictionary<RecordInfo, ushort> s_ids = [];

    /// <summary>Every kind, by number.</summary>
    public static IReadOnlyList<RecordSchema> All => s_schemas;

    public static RecordSchema Of(ushort kind) => s_byNumber[kind];

    /// <summary>Called once per line of the list, before any shard runs.</summary>
    public static RecordSchema Register<TRecord>() where TRecord : struct, IRecord, allows ref struct
    {
        lock (s_schemas)
        {
            if (s_ids.TryGetValue(TRecord.Info, out var known)) return s_schemas[known];

            var schema = RecordSchema.Of<TRecord>((ushort)s_schemas.Count);
            s_ids.Add(TRecord.Info, schema.Id);
            s_schemas.Add(schema);
            Volatile.Write(ref s_byNumber, [.. s_schemas]);
            return schema;
        }
    }
}
