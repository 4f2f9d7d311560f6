using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DuckDB.NET.Native;
using NetSniff.Filters.Expression;
using NetSniff.Packets;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>What SQL needs of us: addresses as text, networks as numbers, and tests of our filter language that SQL has
/// no words for.</summary>
/// <remarks>DuckDB calls from its own threads and must never see an exception.</remarks>
internal static unsafe class SqlFunctions
{
    private const string IpText = "ip_text";
    private const string IpNumber = "ip_number";
    private const string NetFirst = "net_first";
    private const string NetLast = "net_last";
    private const string FilterTest = "filter_test";
    private const string FilterTestOctets = "filter_test_octets";
    private const string FilterSet = "filter_set";

    private static readonly ConcurrentDictionary<ulong, ThreadLocal<TextTest>> s_tests = new();
    private static readonly ConcurrentDictionary<ulong, bool[]> s_sets = new();
    private static ulong s_lastTest;

    public static void Register(DuckConnection connection)
    {
        Add(connection, IpText, DuckDBType.Varchar, &WriteIpText, DuckDBType.UnsignedHugeInt);
        Add(
            connection, IpNumber, DuckDBType.UnsignedHugeInt, &WriteIpNumber, DuckDBType.UnsignedBigInt,
            DuckDBType.UnsignedBigInt);
        Add(connection, NetFirst, DuckDBType.UnsignedHugeInt, &WriteNetFirst, DuckDBType.Varchar);
        Add(connection, NetLast, DuckDBType.UnsignedHugeInt, &WriteNetLast, DuckDBType.Varchar);
        Add(connection, FilterTest, DuckDBType.Boolean, &TestText, DuckDBType.UnsignedBigInt, DuckDBType.Varchar);
        Add(connection, FilterTestOctets, DuckDBType.Boolean, &TestOctets, DuckDBType.UnsignedBigInt, DuckDBType.Blob);
        SqlConnections.Register(connection);
        Add(connection, FilterSet, DuckDBType.Boolean, &TestSet, DuckDBType.UnsignedBigInt, DuckDBType.UnsignedInteger);
    }

    /// <summary>Keeps a test for as long as a query needs it.</summary>
    /// <returns>How SQL calls it on a column.</returns>
    public static ulong Lend(Func<TextTest> make)
    {
        var number = Interlocked.Increment(ref s_lastTest);
        s_tests[number] = new ThreadLocal<TextTest>(make);
        return number;
    }

    /// <summary>The same for a set of small numbers.</summary>
    public static ulong Lend(bool[] members)
    {
        var number = Interlocked.Increment(ref s_lastTest);
        s_sets[number] = members;
        return number;
    }

    public static string CallSet(ulong set, string column) => $"{FilterSet}({SqlText.Number(set)}, {column})";

    public static void TakeBack(ulong number)
    {
        s_sets.TryRemove(number, out _);
        if (s_tests.TryRemove(number, out var test)) test.Dispose();
    }

    public static string Call(ulong test, string column, bool isOctets) =>
        $"{(isOctets ? FilterTestOctets : FilterTest)}({SqlText.Number(test)}, {column})";

    private static void Add(
        DuckConnection connection, string name, DuckDBType result,
        delegate* unmanaged[Cdecl]<IntPtr, IntPtr, IntPtr, void> body, params ReadOnlySpan<DuckDBType> parameters)
    {
        using var answer = LogicalType.DuckDBCreateLogicalType(result);
        var types = new DuckDBLogicalType[parameters.Length];
        for (var index = 0; index < types.Length; index++)
        {
            types[index] = LogicalType.DuckDBCreateLogicalType(parameters[index]);
        }

        Add(connection, name, answer, body, types);
        foreach (var type in types) type.Dispose();
    }

    public static void Add(
        DuckConnection connection, string name, DuckDBLogicalType answer,
        delegate* unmanaged[Cdecl]<IntPtr, IntPtr, IntPtr, void> body, DuckDBLogicalType[] parameters,
        Action<IntPtr>? more = null)
    {
        var function = ScalarFunction.DuckDBCreateScalarFunction();
        try
        {
            ScalarFunction.DuckDBScalarFunctionSetName(function, name);
            foreach (var parameter in parameters)
            {
                ScalarFunction.DuckDBScalarFunctionAddParameter(function, parameter);
            }

            ScalarFunction.DuckDBScalarFunctionSetReturnType(function, answer);
            ScalarFunction.DuckDBScalarFunctionSetFunction(function, body);
            more?.Invoke(function);
            var state = ScalarFunction.DuckDBRegisterScalarFunction(connection.Handle, function);
            if (state != DuckDBState.Success) throw new InvalidOperationException($"{name} could not be registered");
        }
        finally
        {
            ScalarFunction.DuckDBDestroyScalarFunction(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteIpText(IntPtr info, IntPtr input, IntPtr output)
    {
        var (addresses, rows) = Argument(input, 0);
        Span<byte> bytes = stackalloc byte[Address.Size];
        Span<char> letters = stackalloc char[64];
        Span<byte> text = stackalloc byte[64];
        for (var row = 0; row < rows; row++)
        {
            var value = addresses.Get<UInt128>(row);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
            var address = Address.FromBytes(bytes);
            address.ToIPAddress().TryFormat(letters, out var length);
            length = Encoding.ASCII.GetBytes(letters[..length], text);
            fixed (byte* start = text)
            {
                Vectors.DuckDBUnsafeVectorAssignStringElementLength(output, (ulong)row, start, length);
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteIpNumber(IntPtr info, IntPtr input, IntPtr output)
    {
        var (highs, rows) = Argument(input, 0);
        var (lows, _) = Argument(input, 1);
        var target = (UInt128*)Vectors.DuckDBVectorGetData(output);
        for (var row = 0; row < rows; row++) target[row] = new UInt128(highs.Get<ulong>(row), lows.Get<ulong>(row));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteNetFirst(IntPtr info, IntPtr input, IntPtr output) => WriteNet(info, input, output, false);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteNetLast(IntPtr info, IntPtr input, IntPtr output) => WriteNet(info, input, output, true);

    private static void WriteNet(IntPtr info, IntPtr input, IntPtr output, bool isLast)
    {
        var (networks, rows) = Argument(input, 0);
        var target = (UInt128*)Vectors.DuckDBVectorGetData(output);
        for (var row = 0; row < rows; row++)
        {
            var text = Encoding.UTF8.GetString(networks.Text(row));
            if (FilterValues.TryNetwork(text, out var first, out var last))
            {
                target[row] = isLast ? last : first;
            }
            else
            {
                var shown = text.Length > 64 ? text[..64] + "…" : text;
                ScalarFunction.DuckDBScalarFunctionSetError(info, $"'{shown}' is no address and no network");
                return;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void TestText(IntPtr info, IntPtr input, IntPtr output) => Test(info, input, output, false);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void TestOctets(IntPtr info, IntPtr input, IntPtr output) => Test(info, input, output, true);

    private static void Test(IntPtr info, IntPtr input, IntPtr output, bool isOctets)
    {
        var (numbers, rows) = Argument(input, 0);
        var (texts, _) = Argument(input, 1);
        var target = (byte*)Vectors.DuckDBVectorGetData(output);
        byte[] given = [];
        for (var row = 0; row < rows; row++)
        {
            target[row] = 0;
            if (!numbers.IsValid(row) || !texts.IsValid(row)) continue;
            if (!s_tests.TryGetValue(numbers.Get<ulong>(row), out var test))
            {
                ScalarFunction.DuckDBScalarFunctionSetError(info, "this function is for the store alone");
                return;
            }

            var text = texts.Text(row);
            if (isOctets || Octets.IsPlain(text))
            {
                target[row] = test.Value!.Asks(text) ? (byte)1 : (byte)0;
                continue;
            }

            if (given.Length < text.Length) given = new byte[text.Length];
            var length = Octets.GiveBack(text, given);
            target[row] = test.Value!.Asks(given.AsSpan(0, length)) ? (byte)1 : (byte)0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void TestSet(IntPtr info, IntPtr input, IntPtr output)
    {
        var (sets, rows) = Argument(input, 0);
        var (numbers, _) = Argument(input, 1);
        var target = (byte*)Vectors.DuckDBVectorGetData(output);
        for (var row = 0; row < rows; row++)
        {
            target[row] = 0;
            if (!sets.IsValid(row) || !numbers.IsValid(row)) continue;
            if (!s_sets.TryGetValue(sets.Get<ulong>(row), out var members))
            {
                ScalarFunction.DuckDBScalarFunctionSetError(info, "this function is for the store alone");
                return;
            }

            var number = numbers.Get<uint>(row);
            target[row] = number < members.Length && members[number] ? (byte)1 : (byte)0;
        }
    }

    public static (DuckVector Values, int Rows) Argument(IntPtr input, int column) =>
        (new DuckVector(NativeChunk.Vector(input, (ulong)column)), (int)NativeChunk.Size(input));
}
