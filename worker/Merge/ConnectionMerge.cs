using System.Runtime.InteropServices;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>Flow records in, from several interfaces; connections out, each once.</summary>
/// <remarks>
/// <para>The rule, which the store's view `connections` follows too:</para>
/// <list type="number">
/// <item>Flow records of one interface with one flow id and one pair of ends are pieces of one view: added up.</item>
/// <item>Views of one pair of ends (addresses, ports, transport; those inside a tunnel) are one connection when they
/// begin within <see cref="MergeOptions.StartsApartMax"/> of its earliest. A vantage point, which is an interface with
/// the tunnel and the VLANs seen there, sees a connection once: its second view is another connection, of a port used
/// again. Where two connections would do, the one whose start is nearer.</item>
/// <item>Counts are those of the view that saw most payload, and of equals the one without a tunnel, then that with
/// most packets. They are never summed over views.</item>
/// </list>
/// <para>Nothing depends on the order in which records come. Then what was seen before a service's address became a
/// pod's is put together with what was seen behind: <see cref="Translations"/>.</para>
/// </remarks>
public sealed class ConnectionMerge(MergeOptions? options = null)
{
    private readonly MergeOptions _options = options ?? new MergeOptions();
    private readonly Dictionary<ConnectionKey, Dictionary<(Vantage, ulong FlowId), FlowView>> _views = [];

    /// <summary>Flow records held.</summary>
    public int Held { get; private set; }

    /// <summary>Flow records that found no room.</summary>
    public long Refused { get; private set; }

    /// <summary>Takes a flow record; others are none of its business.</summary>
    /// <returns>Whether it was one and there was room.</returns>
    public bool Add(RecordView record)
    {
        if (record.Header.Kind != FlowView.Kind) return false;
        if (Held >= _options.HeldMax)
        {
            Refused++;
            return false;
        }

        ref readonly var header = ref record.Header;
        ref var views = ref CollectionsMarshal.GetValueRefOrAddDefault(_views, ConnectionKey.Of(in header), out _);
        views ??= [];
        ref var view = ref CollectionsMarshal.GetValueRefOrAddDefault(
            views, (Vantage.Of(in header), header.FlowId), out var isKnown);
        if (isKnown) view!.Add(record);
        else view = new FlowView(record);
        Held++;
        return true;
    }

    /// <summary>Emits all connections, in order of their start, and begins anew.</summary>
    public void Finish(RecordSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        List<Connection> connections = [];
        foreach (var views in _views.Values) connections.AddRange(Of(views.Values, _options));
        foreach (var connection in Translations.Join(connections, _options)
            .OrderBy(one => one.StartNanos).ThenBy(one => one.FlowId))
        {
            connection.Emit(sink, _options);
        }

        _views.Clear();
        Held = 0;
    }

    /// <summary>The connections that views of one pair of ends are, each knowing its client.</summary>
    internal static IReadOnlyList<Connection> Of(IEnumerable<FlowView> views, MergeOptions options)
    {
        List<Connection> connections = [];
        var apart = options.StartsApartMax.Ticks * 100;
        foreach (var view in views.OrderBy(view => view.FirstNanos).ThenBy(view => view.Header.Interface)
            .ThenBy(view => view.Header.Tunnel).ThenBy(view => view.Header.TunnelId)
            .ThenBy(view => view.Header.OuterVlan).ThenBy(view => view.Header.FlowId))
        {
            var vantage = Vantage.Of(view.Header);
            Connection? nearest = null;
            // From the last back: nearer ones first, and beyond the bound there are no more.
            for (var index = connections.Count - 1; index >= 0 && nearest is null; index--)
            {
                if (view.FirstNanos - connections[index].StartNanos > apart) break;
                if (!connections[index].Has(vantage)) nearest = connections[index];
            }

            if (nearest is null) connections.Add(new Connection(view));
            else nearest.Add(view);
        }

        foreach (var connection in connections) connection.Orient();
        return connections;
    }
}
