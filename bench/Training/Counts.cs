using System.Buffers.Binary;

namespace NetSniff.Bench.Training;

/// <summary>One element of a method's counts: what is counted, where in its IL, and the values.</summary>
/// <param name="Kind">PgoInstrumentationKind of the runtime's corjit.h; its low four bits say what a value is.</param>
/// <param name="Offset">Offset in the IL in bytes.</param>
/// <param name="Other">The end of an edge, flags of a histogram, or a number of runs.</param>
/// <param name="Values">Counts, or identities of types or methods.</param>
internal readonly record struct Count(int Kind, int Offset, int Other, long[] Values)
{
    public bool HoldsTypes => (Kind & 15) == 3;

    public bool HoldsMethods => (Kind & 15) == 4;

    public bool IsNumber => (Kind & 15) is 1 or 2;
}

/// <summary>
/// Reads counts as the runtime writes them into an event: whole numbers of one, two, five or nine bytes, each the
/// difference to the one before of its sort (runtime's pgo_formatprocessing.h).
/// </summary>
internal ref struct CountReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _data = data;

    public static List<Count> ReadAll(ReadOnlySpan<byte> data)
    {
        var reader = new CountReader(data);
        var counts = new List<Count>();
        int kind = 0, offset = 0, length = 0, other = 0;
        long number = 0, type = 0, method = 0;
        while (true)
        {
            // Which of the four changes, then by how much.
            var changes = reader.Next();
            if ((changes & 1) != 0) offset += (int)reader.Next();
            if ((changes & 2) != 0) kind += (int)reader.Next();
            if ((changes & 4) != 0) length += (int)reader.Next();
            if ((changes & 8) != 0) other += (int)reader.Next();
            if (kind == 0) return counts;
            var values = new long[(kind & 15) == 0 ? 0 : length];
            for (var i = 0; i < values.Length; i++)
            {
                var change = reader.Next();
                values[i] = (kind & 15) switch
                {
                    3 => type += change,
                    4 => method += change,
                    _ => number += change,
                };
            }

            counts.Add(new Count(kind, offset, other, values));
        }
    }

    private long Next()
    {
        var first = _data[0];
        long value;
        switch (first)
        {
            case < 0x80:
                value = first >> 1;
                if ((first & 1) != 0) value |= ~0x3FL;
                _data = _data[1..];
                return value;
            case < 0xC0:
                var two = BinaryPrimitives.ReadUInt16BigEndian(_data) & 0x3FFF;
                value = two >> 1;
                if ((two & 1) != 0) value |= ~0x1FFFL;
                _data = _data[2..];
                return value;
            case 0xC1:
                value = BinaryPrimitives.ReadInt64BigEndian(_data[1..]);
                _data = _data[9..];
                return value;
            default:
                value = BinaryPrimitives.ReadInt32BigEndian(_data[1..]);
                _data = _data[5..];
                return value;
        }
    }
}
