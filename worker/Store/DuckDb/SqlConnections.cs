using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Native;
using NetSniff.Worker.Merge;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>connection_of(STARTS, VANTAGES): for the views of one pair of ends, in order of their start, the number of
/// the connection each belongs to.</summary>
internal static unsafe class SqlConnections
{
    /// <summary>How far apart two vantage points may see the first packet of one connection.</summary>
    public static long StartsApartMax { get; } = new MergeOptions().StartsApartMax.Ticks * 100;

    public static void Register(DuckConnection connection)
    {
        using var number = LogicalType.DuckDBCreateLogicalType(DuckDBType.BigInt);
        using var text = LogicalType.DuckDBCreateLogicalType(DuckDBType.Varchar);
        using var numbers = LogicalType.DuckDBCreateListType(number);
        using var texts = LogicalType.DuckDBCreateListType(text);
        SqlFunctions.Add(connection, "connection_of", numbers, &Write, [numbers, texts]);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Write(IntPtr info, IntPtr input, IntPtr output)
    {
        var (starts, rows) = SqlFunctions.Argument(input, 0);
        var (vantages, _) = SqlFunctions.Argument(input, 1);
        var lists = (DuckDBListEntry*)Vectors.DuckDBVectorGetData(output);
        var total = 0;
        for (var row = 0; row < rows; row++)
        {
            var count = starts.IsValid(row) ? (int)starts.Get<DuckDBListEntry>(row).Length : 0;
            lists[row] = new DuckDBListEntry((ulong)total, (ulong)count);
            total += count;
        }

        Vectors.DuckDBListVectorReserve(output, (ulong)total);
        var child = Vectors.DuckDBListVectorGetChild(output);
        var numbers = (long*)Vectors.DuckDBVectorGetData(child);
        for (var row = 0; row < rows; row++)
        {
            var target = new Span<long>(numbers + lists[row].Offset, (int)lists[row].Length);
            if (target.Length == 0) continue;
            Part(starts.Child, (int)starts.Get<DuckDBListEntry>(row).Offset, vantages.Child,
                (int)vantages.Get<DuckDBListEntry>(row).Offset, target);
        }

        Vectors.DuckDBListVectorSetSize(output, (ulong)total);
    }

    /// <summary>Each view joins the nearest connection before it whose vantage point has not seen it yet.</summary>
    private static void Part(DuckVector starts, int start, DuckVector vantages, int vantage, Span<long> numbers)
    {
        var connections = new List<(long Start, HashSet<string> Seen)>();
        for (var view = 0; view < numbers.Length; view++)
        {
            var began = starts.Get<long>(start + view);
            var name = System.Text.Encoding.UTF8.GetString(vantages.Text(vantage + view));
            var place = connections.Count - 1;
            while (place >= 0 && began - connections[place].Start <= StartsApartMax)
            {
                if (!connections[place].Seen.Contains(name)) break;
                place--;
            }

            if (place < 0 || began - connections[place].Start > StartsApartMax)
            {
                connections.Add((began, []));
                place = connections.Count - 1;
            }

            connections[place].Seen.Add(name);
            numbers[view] = place;
        }
    }
}
