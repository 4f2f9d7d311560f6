using System.Text;
using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>The views that are one connection.</summary>
internal sealed class Connection(FlowView first)
{
    /// <summary>Points told of one connection. What more interfaces saw is not listed.</summary>
    public const int PointsMax = 64;

    private const int PointBytesMax = 600;

    private readonly List<FlowView> _views = [first];

    /// <summary>Those from before the server's address was translated.</summary>
    private readonly List<FlowView> _before = [];

    /// <summary>The earliest sighting, by which others are judged.</summary>
    public long StartNanos { get; private set; } = first.FirstNanos;

    /// <summary>That of the earliest sighting.</summary>
    public ulong FlowId { get; private set; } = first.Header.FlowId;

    /// <summary>Who is who: known once all views are in and <see cref="Orient"/> was called.</summary>
    public (Address Address, ushort Port) Client { get; private set; }

    public (Address Address, ushort Port) Server { get; private set; }

    public byte Protocol => _views[0].Header.Protocol;

    /// <summary>Who the server is; <see cref="Peer.None"/> where nobody knows.</summary>
    public Peer ServerPeer =>
        Peers.Of(_views.Select(view => view.ServerPeer).FirstOrDefault(peer => peer != Peers.Unnamed));

    public bool Has(Vantage vantage) => _views.Exists(view => Vantage.Of(view.Header) == vantage);

    public void Add(FlowView view) => _views.Add(view);

    /// <summary>Takes in what was seen of the same connection before the server's address was translated.</summary>
    public void Take(Connection before)
    {
        _before.AddRange(before._views);
        Via = before.Server;
        if ((before.StartNanos, before.FlowId).CompareTo((StartNanos, FlowId)) >= 0) return;

        (StartNanos, FlowId) = (before.StartNanos, before.FlowId);
    }

    /// <summary>What the client called; nothing where that is the server.</summary>
    private (Address Address, ushort Port)? Via { get; set; }

    public void Emit(RecordSink sink, MergeOptions options)
    {
        var path = Path();
        var most = Most(path);
        var start = path.Min(view => view.FirstNanos);
        var points = path.Take(PointsMax).ToList();
        var rtt = path.FirstOrDefault(view => view.RttNanos > 0)?.RttNanos ?? 0;
        var names = new TextListBuilder(new byte[points.Count * PointBytesMax]);
        var nodes = new TextListBuilder(new byte[points.Count * PointBytesMax]);
        foreach (var point in points)
        {
            names.Add(Encoding.UTF8.GetBytes(NameOf(point)));
            nodes.Add(Encoding.UTF8.GetBytes(point.Origin.Node));
        }

        SetContext(ref sink.Context, Most(_views), path);
        var record = new ConnectionRecord
        {
            FirstNanos = start,
            LastNanos = path.Max(view => view.LastNanos),
            PacketsToServer = most.Packets(0),
            PacketsToClient = most.Packets(1),
            BytesToServer = most.Bytes(0),
            BytesToClient = most.Bytes(1),
            PayloadToServer = most.Payload(0),
            PayloadToClient = most.Payload(1),
            RetransmittedToServer = most.Retransmitted(0),
            RetransmittedToClient = most.Retransmitted(1),
            End = most.End,
            IsTcp = most.Header.Protocol == IpProtocol.Tcp,
            State = most.State,
            RttNanos = rtt,
            HasRtt = rtt > 0,
            IsMidstream = path.TrueForAll(view => view.IsMidstream),
            Via = Via?.Address ?? default,
            ViaPort = Via?.Port ?? 0,
            HasVia = Via is not null,
            Points = names.List,
            Nodes = nodes.List,
            PointFirst = Column(points, view => (ulong)(view.FirstNanos - start)),
            PointLast = Column(points, view => (ulong)(view.LastNanos - start)),
            PointPacketsToServer = Column(points, view => view.Packets(0)),
            PointPacketsToClient = Column(points, view => view.Packets(1)),
            PointBytesToServer = Column(points, view => view.Bytes(0)),
            PointBytesToClient = Column(points, view => view.Bytes(1)),
            PointRtt = Column(points, view => (ulong)view.RttNanos),
            Legs = Legs(points),
            LegsUncertain = Uncertain(points, options),
        };
        sink.Emit(in record, start, most.Header.Traits);
    }

    /// <summary>Who saw it begin knows who the client is; of those who did not, who saw it first.</summary>
    public void Orient()
    {
        var knows = _views.MinBy(view => (view.IsMidstream, view.FirstNanos, NameOf(view)))!.Header;
        (Client, Server) = ((knows.Client, knows.ClientPort), (knows.Server, knows.ServerPort));
        foreach (var view in _views)
        {
            view.IsReversed = !view.Header.Client.Equals(Client.Address) || view.Header.ClientPort != Client.Port;
        }
    }

    /// <summary>The view whose numbers count.</summary>
    private static FlowView Most(List<FlowView> views) =>
        views.MaxBy(view => (view.PayloadBoth, view.Header.Tunnel == TunnelKind.None, view.PacketsBoth))!;

    /// <summary>From the client to the server. One node's clock puts its own points in order; of nodes, that of the
    /// client comes first and that of the server last, where they are known, whatever their clocks say.</summary>
    private List<FlowView> Path()
    {
        List<FlowView> all = [.. _before, .. _views];
        var clientNode = all.Select(view => Peers.Of(view.ClientPeer).Node).FirstOrDefault(Known) ?? "";
        var serverNode = all.Select(view => Peers.Of(view.ServerPeer).Node).FirstOrDefault(Known) ?? "";
        if (clientNode == serverNode) (clientNode, serverNode) = ("", "");
        var nodeStarts = all.GroupBy(view => view.Origin.Node)
            .ToDictionary(node => node.Key, node => node.Min(view => view.FirstNanos));
        return
        [
            .. all.OrderBy(view => Rank(view.Origin.Node)).ThenBy(view => nodeStarts[view.Origin.Node])
                .ThenBy(view => view.Origin.Node, StringComparer.Ordinal)
                .ThenBy(view => view.FirstNanos).ThenBy(NameOf, StringComparer.Ordinal),
        ];

        int Rank(string node) => node.Length == 0 ? 1 : node == clientNode ? 0 : node == serverNode ? 2 : 1;

        static bool Known(string node) => node.Length > 0;
    }

    private static ulong[] Column(List<FlowView> points, Func<FlowView, ulong> value) => [.. points.Select(value)];

    /// <summary>Time does not run backwards: where it seems to, clocks differ.</summary>
    private static ulong[] Legs(List<FlowView> points) =>
        [.. points.Zip(points.Skip(1), (from, to) => (ulong)Math.Max(0, to.FirstNanos - from.FirstNanos))];

    private static ulong[] Uncertain(List<FlowView> points, MergeOptions options)
    {
        var apart = options.ClocksApartMax.Ticks * 100;
        return
        [
            .. points.Zip(points.Skip(1), (from, to) =>
                from.Origin.Node != to.Origin.Node && to.FirstNanos - from.FirstNanos < apart ? 1ul : 0),
        ];
    }

    /// <param name="most">Of those that saw the server itself.</param>
    private void SetContext(ref RecordHeader head, FlowView most, List<FlowView> path)
    {
        head = most.Header;
        if (most.IsReversed)
        {
            (head.Client, head.Server) = (head.Server, head.Client);
            (head.ClientPort, head.ServerPort) = (head.ServerPort, head.ClientPort);
        }

        head.ClientPeer = path.Select(view => view.ClientPeer).FirstOrDefault(peer => peer != Peers.Unnamed);
        head.ServerPeer = path.Where(view => !_before.Contains(view)).Select(view => view.ServerPeer)
            .FirstOrDefault(peer => peer != Peers.Unnamed);
        head.App = path.Select(view => view.Header.App).FirstOrDefault(app => app != 0);
    }

    private static string NameOf(FlowView view)
    {
        var (node, name) = view.Origin;
        var text = new StringBuilder(node.Length == 0 ? name : $"{node}/{name}");
        if (text.Length == 0) text.Append(view.Header.Interface);
        if (view.Header.OuterVlan != 0) text.Append(" vlan ").Append(view.Header.OuterVlan);
        if (view.Header.InnerVlan != 0) text.Append('.').Append(view.Header.InnerVlan);
        if (view.Header.Tunnel == TunnelKind.None) return text.ToString();

        var tunnel = Enum.GetName(view.Header.Tunnel)?.ToLowerInvariant() ?? "tunnel";
        return text.Append(' ').Append(tunnel).Append(' ').Append(view.Header.TunnelId).ToString();
    }
}
