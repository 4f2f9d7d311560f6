using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DuckDB.NET.Native;
using NetSniff.Packets;
using NetSniff.Records;
using static DuckDB.NET.Native.NativeMethods;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Fills the columns of one kind's table, a chunk of rows at a time, straight from records.</summary>
/// <remarks>Texts are not copied here: a chunk points into the records, which must stay where they are until the last
/// row was taken. DuckDB copies them into the table. Columns that no record has a value for are not filled at all.
/// </remarks>
internal sealed unsafe partial class KindWriter : IDisposable
{
    /// <summary>Rows of a chunk: DuckDB's own size of a vector.</summary>
    public const int RowsMax = 2048;

    /// <summary>The widest value of a column.</summary>
    private const int ValueBytesMax = 16;

    private static readonly int s_fixed = FixedColumns.All.Length;

    private static readonly ulong s_peers = Bits(FixedColumn.ClientPeer, FixedColumn.ServerPeer);

    /// <summary>Fixed columns that no record is without. Of names, none is a number too.</summary>
    public static readonly ulong AlwaysThere = (1ul << FixedColumns.All.Length) - 1 & ~s_peers & ~Bits(
        FixedColumn.Vlan, FixedColumn.InnerVlan, FixedColumn.Tunnel, FixedColumn.TunnelId);

    private readonly FieldKind[] _kinds;
    private readonly int[] _cells;
    private readonly ulong _fields;
    private readonly KindRows _rowsWaiting;
    private readonly NameBook _names;
    private readonly PeerBook _peers;
    private readonly OctetScratch _scratch = new();

    // By our column: where it is in the chunk, or -1; its vector and its values.
    private readonly int[] _places;
    private readonly string[] _types;
    private readonly int[] _widths;
    private readonly IntPtr[] _vectors;
    private readonly byte** _data;

    /// <summary>Takes what is written to columns that are not filled.</summary>
    private readonly byte* _nowhere;

    // Lists: how many elements the children hold and have room for.
    private readonly int[] _listed;
    private readonly int[] _listRoom;

    // By row, a bit for each fixed column and for each field that is there.
    private readonly ulong[] _fixedThere = new ulong[RowsMax];
    private readonly ulong[] _fieldsThere = new ulong[RowsMax];
    private int _rows;

    // Where the next record is.
    private int _stretch;
    private int _taken;
    private byte* _at;

    public KindWriter(KindTable table, KindRows rows, NameBook names, PeerBook peers)
    {
        _kinds = [.. table.Schema.Fields.Select(field => field.Kind)];
        _cells = [.. table.Schema.CellPlaces];
        _fields = _kinds.Length == 64 ? ulong.MaxValue : (1ul << _kinds.Length) - 1;
        _rowsWaiting = rows;
        _names = names;
        _peers = peers;
        _places = new int[table.Columns.Count];
        List<(string, string)> columns = [];
        for (var column = 0; column < _places.Length; column++)
        {
            var isThere = rows.Has(column);
            _places[column] = isThere ? columns.Count : -1;
            if (isThere) columns.Add(table.Columns[column]);
        }

        Columns = columns;
        _types = [.. table.Columns.Select(column => column.Type)];
        _widths = [.. table.Columns.Select(column => WidthOf(column.Type))];
        _vectors = new IntPtr[_places.Length];
        _listed = new int[_places.Length];
        _listRoom = new int[_places.Length];
        _data = (byte**)NativeMemory.Alloc((nuint)_places.Length, (nuint)sizeof(byte*));
        _nowhere = (byte*)NativeMemory.Alloc(RowsMax, ValueBytesMax);
    }

    /// <summary>The columns that are filled, in their order.</summary>
    public IReadOnlyList<(string Name, string Type)> Columns { get; }

    /// <summary>Fills a chunk with the next rows; with none when there are no more.</summary>
    public void Fill(IntPtr chunk)
    {
        _rows = 0;
        _scratch.Clear();
        FindVectors(chunk);
        var stretches = _rowsWaiting.Stretches;
        while (_rows < RowsMax && _stretch < stretches.Count)
        {
            var stretch = stretches[_stretch];
            if (_taken == 0) _at = stretch.Start;
            var count = Math.Min(stretch.Count - _taken, RowsMax - _rows);
            for (var left = count; left > 0; left--)
            {
                Add(_at, stretch.Lane, stretch.Batch);
                _at += ((RecordHeader*)_at)->Length;
            }

            _taken += count;
            if (_taken < stretch.Count) continue;
            _taken = 0;
            _stretch++;
        }

        FinishChunk(chunk);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        NativeMemory.Free(_data);
        NativeMemory.Free(_nowhere);
    }

    private void Add(byte* record, uint lane, ulong batch)
    {
        ref readonly var head = ref *(RecordHeader*)record;
        var row = _rows++;
        AddFixed(in head, row, lane, batch);
        var present = head.Present & _fields;
        _fieldsThere[row] = present;
        var body = record + sizeof(RecordHeader);
        for (; present != 0; present &= present - 1)
        {
            var field = BitOperations.TrailingZeroCount(present);
            var target = _data[s_fixed + field];
            var cell = body + _cells[field];
            switch (_kinds[field])
            {
                case FieldKind.Flag:
                    target[row] = *cell;
                    break;
                case FieldKind.Address:
                    SetAddress(target, row, Unsafe.ReadUnaligned<Address>(cell));
                    break;
                case FieldKind.Text or FieldKind.Bytes or FieldKind.Texts or FieldKind.Numbers:
                    AddOctets(field, row, cell);
                    break;
                default:
                    ((ulong*)target)[row] = *(ulong*)cell;
                    break;
            }
        }
    }

    private void AddOctets(int field, int row, byte* at)
    {
        var cell = *(TextCell*)at;
        var octets = at + cell.Start;
        var target = _data[s_fixed + field];
        switch (_kinds[field])
        {
            case FieldKind.Text:
                SetText(target + 16 * row, octets, cell.Length);
                break;
            case FieldKind.Bytes:
                DuckText.Set(target + 16 * row, octets, cell.Length);
                break;
            case FieldKind.Texts:
                AddTexts(s_fixed + field, row, octets, cell.Count);
                break;
            default:
                AddNumbers(s_fixed + field, row, octets, cell.Count);
                break;
        }
    }

    private void AddFixed(in RecordHeader head, int row, uint lane, ulong batch)
    {
        ((long*)_data[(int)FixedColumn.Time])[row] = head.TimeNanos;
        ((ulong*)_data[(int)FixedColumn.FlowId])[row] = head.FlowId;
        SetHalves(_data[(int)FixedColumn.SourceHigh], _data[(int)FixedColumn.SourceLow], row, head.Client);
        SetHalves(_data[(int)FixedColumn.TargetHigh], _data[(int)FixedColumn.TargetLow], row, head.Server);
        ((ushort*)_data[(int)FixedColumn.SourcePort])[row] = head.ClientPort;
        ((ushort*)_data[(int)FixedColumn.TargetPort])[row] = head.ServerPort;
        _data[(int)FixedColumn.Proto][row] = head.Protocol;
        ((uint*)_data[(int)FixedColumn.App])[row] = _names.App(head.App);
        _data[(int)FixedColumn.Partial][row] = (byte)(head.Traits & RecordTraits.Partial);
        _data[(int)FixedColumn.Malformed][row] = (byte)((ushort)(head.Traits & RecordTraits.Malformed) >> 1);
        ((ushort*)_data[(int)FixedColumn.Vlan])[row] = head.OuterVlan;
        ((ushort*)_data[(int)FixedColumn.InnerVlan])[row] = head.InnerVlan;
        _data[(int)FixedColumn.Tunnel][row] = (byte)head.Tunnel;
        ((uint*)_data[(int)FixedColumn.TunnelId])[row] = head.TunnelId;
        ((uint*)_data[(int)FixedColumn.Lane])[row] = lane;
        ((ulong*)_data[(int)FixedColumn.Batch])[row] = batch;
        _fixedThere[row] = There(in head) & ~s_peers | AddPlace(in head, row);
    }

    /// <summary>Where the record was seen and who its ends are.</summary>
    /// <returns>Which of the ends are known.</returns>
    private ulong AddPlace(in RecordHeader head, int row)
    {
        var there = 0ul;
        var (node, name) = _names.Origin(head.Interface);
        ((uint*)_data[(int)FixedColumn.Node])[row] = node;
        ((uint*)_data[(int)FixedColumn.Interface])[row] = name;
        var client = _peers.Own(head.ClientPeer);
        var server = _peers.Own(head.ServerPeer);
        ((uint*)_data[(int)FixedColumn.ClientPeer])[row] = client;
        ((uint*)_data[(int)FixedColumn.ServerPeer])[row] = server;
        if (client != 0) there |= Bits(FixedColumn.ClientPeer);
        if (server != 0) there |= Bits(FixedColumn.ServerPeer);
        return there;
    }

    /// <summary>Which fixed columns a record has a value for, those of peers only maybe.</summary>
    public static ulong There(in RecordHeader head)
    {
        var there = AlwaysThere;
        if (head.OuterVlan != 0) there |= Bits(FixedColumn.Vlan);
        if (head.InnerVlan != 0) there |= Bits(FixedColumn.InnerVlan);
        if (head.Tunnel != TunnelKind.None) there |= Bits(FixedColumn.Tunnel);
        if (head.TunnelId != 0) there |= Bits(FixedColumn.TunnelId);
        if (head.ClientPeer != 0) there |= Bits(FixedColumn.ClientPeer);
        if (head.ServerPeer != 0) there |= Bits(FixedColumn.ServerPeer);
        return there;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(params ReadOnlySpan<FixedColumn> columns)
    {
        var bits = 0ul;
        foreach (var column in columns) bits |= 1ul << (int)column;
        return bits;
    }

    private static void SetHalves(byte* high, byte* low, int row, Address address)
    {
        ((ulong*)high)[row] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.First);
        ((ulong*)low)[row] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.Second);
    }

    private static void SetAddress(byte* target, int row, Address address)
    {
        var words = (ulong*)(target + 16 * row);
        words[0] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.Second);
        words[1] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address.First);
    }
}
