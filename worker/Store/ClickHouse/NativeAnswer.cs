using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>An answer in the server's own format: blocks of columns, each with its name and type.</summary>
/// <remarks>Only the types that we ask for. What a server sends is believed no more than what a sensor sends: all that
/// is read lies within the answer, or it is no answer.</remarks>
internal sealed class NativeAnswer(byte[] body)
{
    private const int ColumnsMax = 4096;

    private readonly byte[] _body = body;
    private int _at;
    private NativeColumn[] _columns = [];

    public int Rows { get; private set; }

    public NativeColumn Column(int column) => _columns[column];

    /// <summary>Goes on to the next block that has rows.</summary>
    public bool Next()
    {
        Rows = 0;
        while (Rows == 0)
        {
            if (_at == _body.Length) return false;

            var columns = Count(ColumnsMax);
            var rows = Count(_body.Length);
            if (columns != _columns.Length) _columns = new NativeColumn[columns];
            for (var column = 0; column < columns; column++)
            {
                _ = Text();
                var type = Text();
                _columns[column] = rows == 0 ? default : Read(type, rows);
            }

            Rows = rows;
        }

        return true;
    }

    private NativeColumn Read(string type, int rows)
    {
        if (Inner(type, "Nullable(") is { } value)
        {
            var nulls = Take(rows);
            return Read(value, rows) with { Nulls = nulls };
        }

        if (Inner(type, "Array(") is { } element)
        {
            var ends = Take(8 * rows);
            var count = rows == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(_body.AsSpan(ends + 8 * (rows - 1)));
            if (count > (ulong)_body.Length) throw Broken();
            return Read(element, (int)count) with { Ends = ends };
        }

        if (type == "String") return ReadTexts(rows);

        var width = type switch
        {
            "UInt8" or "Int8" => 1,
            "UInt16" or "Int16" => 2,
            "UInt32" or "Int32" or "Float32" => 4,
            "UInt64" or "Int64" or "Float64" => 8,
            "FixedString(16)" => 16,
            _ => throw new ClickException(ClickException.NoAnswer, $"the server answered with the type {type}"),
        };
        return new NativeColumn(_body) { Values = Take((long)width * rows) };
    }

    private NativeColumn ReadTexts(int rows)
    {
        var starts = new int[rows];
        var lengths = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            lengths[row] = Count(_body.Length);
            starts[row] = Take(lengths[row]);
        }

        return new NativeColumn(_body) { Starts = starts, Lengths = lengths };
    }

    private static string? Inner(string type, string outer) =>
        type.StartsWith(outer, StringComparison.Ordinal) && type[^1] == ')' ? type[outer.Length..^1] : null;

    private string Text()
    {
        var length = Count(_body.Length);
        return Encoding.UTF8.GetString(_body, Take(length), length);
    }

    private int Count(int most)
    {
        var value = 0ul;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at == _body.Length) throw Broken();
            var octet = _body[_at++];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80) return value <= (ulong)most ? (int)value : throw Broken();
        }

        throw Broken();
    }

    private int Take(long bytes)
    {
        if (bytes > _body.Length - _at) throw Broken();
        var start = _at;
        _at += (int)bytes;
        return start;
    }

    private static ClickException Broken() => new(ClickException.NoAnswer, "the answer is cut short or damaged");
}

/// <summary>One column of a block.</summary>
internal readonly record struct NativeColumn(byte[] Body)
{
    /// <summary>Where an octet for each row says whether it has no value; -1 where all have one.</summary>
    public int Nulls { get; init; } = -1;

    public int Values { get; init; }

    public int[]? Starts { get; init; }

    public int[]? Lengths { get; init; }

    /// <summary>For lists: where up to which element each row's goes.</summary>
    public int Ends { get; init; } = -1;

    public bool IsThere(int row) => Nulls < 0 || Body[Nulls + row] == 0;

    public T Get<T>(int row) where T : unmanaged => Unsafe.ReadUnaligned<T>(
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Body), (nint)Values + (nint)row * Unsafe.SizeOf<T>()));

    public ReadOnlySpan<byte> Text(int row) => Body.AsSpan(Starts![row], Lengths![row]);

    public string String(int row) => Encoding.UTF8.GetString(Text(row));

    /// <summary>First element of a row's list, and how many there are.</summary>
    public (int First, int Count) List(int row)
    {
        var first = row == 0 ? 0 : End(row - 1);
        var count = End(row) - first;
        // Ends that go back would be no list; the last was looked at.
        return count >= 0 && End(row) <= ElementsMax ? (first, count) : (0, 0);
    }

    private int ElementsMax => Starts?.Length ?? (Body.Length - Values) / 8;

    private int End(int row) => (int)Math.Min(
        int.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(Body.AsSpan(Ends + 8 * row)));
}
