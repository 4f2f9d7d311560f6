using System.Text;
using NetSniff.Buffers;
using NetSniff.Packets;
using NetSniff.Protocols;
using NetSniff.Records;

namespace NetSniff.Worker.Store.ClickHouse;

/// <summary>Turns rows of one kind's table back into records, octet by octet as they were stored.</summary>
/// <param name="peers">Numbers in <see cref="Peers"/> by those of the store.</param>
internal sealed class ClickRecords(ClickTable table, uint[] peers)
{
    /// <summary>Names of applications that a store may add to ours.</summary>
    private const int AppsMax = 4096;

    private static readonly int s_fixed = ClickTable.FixedCount;

    private readonly FieldKind[] _kinds = [.. table.Schema.Fields.Select(field => field.Kind)];
    private byte[] _lastApp = [];
    private ushort _lastAppNumber;
    private byte[] _lastNode = [];
    private byte[] _lastInterface = [];
    private ushort _lastOrigin;

    /// <summary>Appends the record of a row.</summary>
    public void Write(NativeAnswer rows, int row, ByteWriter output)
    {
        var writer = new RecordWriter(output.Room(RecordWriter.BytesMax), table.Schema);
        for (var field = 0; field < _kinds.Length; field++)
        {
            WriteField(ref writer, field, _kinds[field], rows.Column(s_fixed + field), row);
        }

        output.Advance(writer.Finish(ReadHead(rows, row)));
    }

    private RecordHeader ReadHead(NativeAnswer rows, int row)
    {
        var head = new RecordHeader
        {
            TimeNanos = Fixed<long>(rows, ClickColumn.Time, row),
            FlowId = Fixed<ulong>(rows, ClickColumn.FlowId, row),
            Client = Fixed<Address>(rows, ClickColumn.SourceAddress, row),
            Server = Fixed<Address>(rows, ClickColumn.TargetAddress, row),
            ClientPort = Fixed<ushort>(rows, ClickColumn.SourcePort, row),
            ServerPort = Fixed<ushort>(rows, ClickColumn.TargetPort, row),
            OuterVlan = Fixed<ushort>(rows, ClickColumn.Vlan, row),
            InnerVlan = Fixed<ushort>(rows, ClickColumn.InnerVlan, row),
            Protocol = Fixed<byte>(rows, ClickColumn.Proto, row),
            Tunnel = (TunnelKind)Fixed<byte>(rows, ClickColumn.Tunnel, row),
            TunnelId = Fixed<uint>(rows, ClickColumn.TunnelId, row),
            App = AppOf(rows.Column((int)ClickColumn.App).Text(row)),
            Interface = OriginOf(
                rows.Column((int)ClickColumn.Node).Text(row), rows.Column((int)ClickColumn.Interface).Text(row)),
            ClientPeer = Registered(Fixed<uint>(rows, ClickColumn.ClientPeer, row)),
            ServerPeer = Registered(Fixed<uint>(rows, ClickColumn.ServerPeer, row)),
        };
        if (Fixed<byte>(rows, ClickColumn.Partial, row) != 0) head.Traits |= RecordTraits.Partial;
        if (Fixed<byte>(rows, ClickColumn.Malformed, row) != 0) head.Traits |= RecordTraits.Malformed;
        return head;
    }

    private uint Registered(uint own) => own < peers.Length ? peers[own] : Peers.Unnamed;

    private ushort OriginOf(ReadOnlySpan<byte> node, ReadOnlySpan<byte> name)
    {
        if (node.SequenceEqual(_lastNode) && name.SequenceEqual(_lastInterface)) return _lastOrigin;

        (_lastNode, _lastInterface) = (node.ToArray(), name.ToArray());
        return _lastOrigin = Origins.Add(Encoding.UTF8.GetString(node), Encoding.UTF8.GetString(name));
    }

    private ushort AppOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty) return Apps.Unknown;
        if (name.SequenceEqual(_lastApp)) return _lastAppNumber;

        _lastApp = name.ToArray();
        return _lastAppNumber = Apps.Names.Count < AppsMax ? Apps.Add(Encoding.UTF8.GetString(name)) : Apps.Unknown;
    }

    private static void WriteField(ref RecordWriter writer, int field, FieldKind kind, NativeColumn column, int row)
    {
        if (kind is FieldKind.Texts or FieldKind.Numbers)
        {
            WriteList(ref writer, field, kind, column, row);
            return;
        }

        if (!column.IsThere(row)) return;
        switch (kind)
        {
            case FieldKind.Flag:
                writer.Flag(field, column.Get<byte>(row) != 0);
                break;
            case FieldKind.Address:
                writer.Address(field, column.Get<Address>(row));
                break;
            case FieldKind.Text or FieldKind.Bytes:
                writer.TryText(field, column.Text(row));
                break;
            default:
                writer.Number(field, column.Get<ulong>(row));
                break;
        }
    }

    private static void WriteList(ref RecordWriter writer, int field, FieldKind kind, NativeColumn column, int row)
    {
        var (first, count) = column.List(row);
        writer.BeginList();
        for (var index = first; index < first + count; index++)
        {
            if (kind == FieldKind.Numbers) writer.TryListed(column.Get<ulong>(index));
            else writer.TryListed(column.Text(index));
        }

        writer.EndList(field);
    }

    private static T Fixed<T>(NativeAnswer rows, ClickColumn column, int row) where T : unmanaged =>
        rows.Column((int)column).Get<T>(row);
}
