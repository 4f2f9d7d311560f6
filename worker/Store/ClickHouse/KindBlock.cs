using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Records of one kind that wait for the commit, as the columns of a block.</summary>
internal sealed class KindBlock
{
    private static readonly int s_fixed = ClickTable.FixedCount;

    private readonly FieldKind[] _kinds;
    private readonly int[] _cells;
    private readonly ulong _fields;
    private readonly NameOctets _names;
    private readonly CellColumn[] _columns;

    public KindBlock(ClickTable table, NameOctets names)
    {
        Table = table;
        _names = names;
        _kinds = [.. table.Schema.Fields.Select(field => field.Kind)];
        _cells = [.. table.Schema.CellPlaces];
        _fields = _kinds.Length == 64 ? ulong.MaxValue : (1ul << _kinds.Length) - 1;
        _columns = [.. table.Columns.Select(column => new CellColumn(column.Name, column.Type))];
    }

    public ClickTable Table { get; }

    public int Rows { get; private set; }

    /// <summary>Adds a record, which must be of this kind.</summary>
    public void Add(in RecordPlace place, ref readonly RecordHeader head, ReadOnlySpan<byte> body)
    {
        var row = Rows++;
        AddFixed(in place, in head, row);
        var present = head.Present & _fields;
        for (; present != 0; present &= present - 1)
        {
            var field = BitOperations.TrailingZeroCount(present);
            var column = _columns[s_fixed + field];
            var cell = body[_cells[field]..];
            switch (_kinds[field])
            {
                case FieldKind.Flag:
                    column.Set(row, cell[0]);
                    break;
                case FieldKind.Address:
                    column.Set(row, MemoryMarshal.Read<Address>(cell));
                    break;
                case FieldKind.Text or FieldKind.Bytes or FieldKind.Texts or FieldKind.Numbers:
                    AddOctets(column, row, _kinds[field], cell);
                    break;
                default:
                    column.Set(row, MemoryMarshal.Read<ulong>(cell));
                    break;
            }
        }
    }

    /// <summary>The block as it goes to the server, all rows of one commit.</summary>
    public HttpContent ToContent(ulong commit)
    {
        for (var row = 0; row < Rows; row++) _columns[(int)ClickColumn.Commit].Set(row, commit);
        for (var row = 0; row < Rows; row++) _columns[(int)ClickColumn.Row].Set(row, (uint)row);
        return new Content(_columns, Rows);
    }

    public void Clear()
    {
        foreach (var column in _columns) column.Clear(Rows);
        Rows = 0;
    }

    private static void AddOctets(CellColumn column, int row, FieldKind kind, ReadOnlySpan<byte> at)
    {
        var cell = MemoryMarshal.Read<TextCell>(at);
        var octets = at.Slice(cell.Start, cell.Length);
        switch (kind)
        {
            case FieldKind.Texts:
                column.SetList(row, (ushort)cell.Count);
                foreach (var text in new TextList(octets, cell.Count)) column.PutText(text);
                break;
            case FieldKind.Numbers:
                column.SetList(row, (ushort)cell.Count);
                column.PutNumbers(octets);
                break;
            default:
                column.SetText(row, octets);
                break;
        }
    }

    private void AddFixed(in RecordPlace place, ref readonly RecordHeader head, int row)
    {
        Of(ClickColumn.Hour).Set(row, place.Hour);
        Of(ClickColumn.Time).Set(row, head.TimeNanos);
        Of(ClickColumn.FlowId).Set(row, head.FlowId);
        Of(ClickColumn.SourceAddress).Set(row, head.Client);
        Of(ClickColumn.SourcePort).Set(row, head.ClientPort);
        Of(ClickColumn.TargetAddress).Set(row, head.Server);
        Of(ClickColumn.TargetPort).Set(row, head.ServerPort);
        Of(ClickColumn.Proto).Set(row, head.Protocol);
        Of(ClickColumn.App).SetText(row, _names.App(head.App));
        Of(ClickColumn.Partial).Set(row, (byte)(head.Traits & RecordTraits.Partial));
        Of(ClickColumn.Malformed).Set(row, (byte)((ushort)(head.Traits & RecordTraits.Malformed) >> 1));
        Of(ClickColumn.Vlan).Set(row, head.OuterVlan);
        Of(ClickColumn.InnerVlan).Set(row, head.InnerVlan);
        Of(ClickColumn.Tunnel).Set(row, (byte)head.Tunnel);
        Of(ClickColumn.TunnelId).Set(row, head.TunnelId);
        Of(ClickColumn.Node).SetText(row, _names.Node(head.Interface));
        Of(ClickColumn.Interface).SetText(row, _names.Interface(head.Interface));
        Of(ClickColumn.ClientPeer).Set(row, place.ClientPeer);
        Of(ClickColumn.ServerPeer).Set(row, place.ServerPeer);
        Of(ClickColumn.Lane).Set(row, place.Lane);
        Of(ClickColumn.Batch).Set(row, place.Batch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CellColumn Of(ClickColumn column) => _columns[(int)column];

    /// <summary>Columns side by side: how many there are and of how many rows, then each behind its name and type.
    /// </summary>
    private sealed class Content(CellColumn[] columns, int rows) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var head = new ByteWriter();
            head.PutVarint((ulong)columns.Length);
            head.PutVarint((ulong)rows);
            foreach (var column in columns)
            {
                Name(head, column);
                await stream.WriteAsync(head.WrittenMemory, cancellationToken).ConfigureAwait(false);
                head.Clear();
                await column.WriteAsync(stream, rows, cancellationToken).ConfigureAwait(false);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            var head = new ByteWriter();
            head.PutVarint((ulong)columns.Length);
            head.PutVarint((ulong)rows);
            foreach (var column in columns) Name(head, column);
            length = head.Length + columns.Sum(column => column.Bytes(rows));
            return true;
        }

        private static void Name(ByteWriter head, CellColumn column)
        {
            head.PutText(Encoding.UTF8.GetBytes(column.Name));
            head.PutText(Encoding.UTF8.GetBytes(column.Type));
        }
    }
}

/// <summary>What the store itself says of a record.</summary>
internal readonly record struct RecordPlace(int Hour, uint Lane, ulong Batch, uint ClientPeer, uint ServerPeer);

/// <summary>Names that records carry as numbers, as octets.</summary>
internal sealed class NameOctets
{
    private readonly byte[]?[] _apps = new byte[]?[ushort.MaxValue + 1];
    private readonly byte[]?[] _nodes = new byte[]?[ushort.MaxValue + 1];
    private readonly byte[]?[] _interfaces = new byte[]?[ushort.MaxValue + 1];

    public byte[] App(ushort app) => _apps[app] ??= app == Apps.Unknown ? [] : Encoding.UTF8.GetBytes(Apps.Name(app));

    public byte[] Node(ushort origin) => _nodes[origin] ??= Encoding.UTF8.GetBytes(Origins.Of(origin).Node);

    public byte[] Interface(ushort origin) =>
        _interfaces[origin] ??= Encoding.UTF8.GetBytes(Origins.Of(origin).Interface);
}
