namespace NetSniff.Records;

/// <summary>Copies records without some of their fields.</summary>
public static class RecordCut
{
    /// <summary>Writes a record that has only those of its fields whose bit is set.</summary>
    /// <param name="target">At least as long as the record.</param>
    /// <returns>Bytes of the copy.</returns>
    public static int Copy(RecordView record, ulong fields, Span<byte> target)
    {
        var writer = new RecordWriter(target, record.Schema);
        foreach (var field in record)
        {
            if ((fields >> field.Index & 1) != 0) writer.Copy(field.Index, field.Value);
        }

        return writer.Finish(record.Header);
    }
}
