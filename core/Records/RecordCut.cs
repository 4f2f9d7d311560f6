using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetSniff.Records;

/// <summary>Copies records without some of their fields.</summary>
public static class RecordCut
{
    /// <summary>Writes a record that has only those of its fields whose bit is set.</summary>
    /// <param name="target">At least as long as the record.</param>
    /// <returns>Bytes of the copy.</returns>
    public static int Copy(RecordView record, ulong fields, Span<byte> target)
    {
        var used = Unsafe.SizeOf<RecordHeader>();
        foreach (var field in record)
        {
            if ((fields >> field.Index & 1) == 0) continue;

            var bytes = field.Packed;
            bytes.CopyTo(target[used..]);
            used += bytes.Length;
        }

        var length = (used + 7) & ~7;
        target[used..length].Clear();
        var header = record.Header;
        header.Present &= fields;
        header.Length = length;
        MemoryMarshal.Write(target, in header);
        return length;
    }
}
