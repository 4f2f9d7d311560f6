using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Worker.Merge;

/// <summary>A client calls a service, and somewhere on the way the service's address becomes a pod's: the views before
/// and those behind have other ends, and are one connection all the same.</summary>
/// <remarks>
/// <para>The rule, which the store's view `connections` follows too: a connection to a service and one to a pod that
/// serves it belong together when the client's end and the transport are the same, they begin within
/// <see cref="MergeOptions.StartsApartMax"/> of each other, and each is the nearest of its kind to the other. So a port
/// used again at once finds its own pod.</para>
/// <para>Who serves what is known from the cluster. Without names, or where the client's address is translated as well,
/// they stay two.</para>
/// </remarks>
internal static class Translations
{
    /// <summary>Puts together what belongs together; all must know who their client is.</summary>
    public static IReadOnlyList<Connection> Join(IReadOnlyList<Connection> connections, MergeOptions options)
    {
        HashSet<Connection> taken = [];
        foreach (var calls in connections.Where(one => one.ServerPeer.Service.Length > 0).GroupBy(Call.Of))
        {
            List<Connection> fronts = [.. calls.Where(one => one.ServerPeer.Kind == PeerKind.Service)];
            List<Connection> backs = [.. calls.Where(one => one.ServerPeer.Kind == PeerKind.Pod)];
            if (fronts.Count == 0 || backs.Count == 0) continue;

            // All are found before any is taken in, which may change when it began.
            var pairs = fronts.Select(front => (Front: front, Back: Nearest(front, backs, options)))
                .Where(pair => pair.Back is { } back && Nearest(back, fronts, options) == pair.Front).ToList();
            foreach (var (front, back) in pairs)
            {
                back!.Take(front);
                taken.Add(front);
            }
        }

        return taken.Count == 0 ? connections : [.. connections.Where(one => !taken.Contains(one))];
    }

    private static Connection? Nearest(Connection one, List<Connection> others, MergeOptions options)
    {
        var nearest = others.MinBy(other => (Apart(one, other), other.StartNanos, other.FlowId));
        return nearest is not null && Apart(one, nearest) <= options.StartsApartMax.Ticks * 100 ? nearest : null;
    }

    private static long Apart(Connection one, Connection other) => Math.Abs(one.StartNanos - other.StartNanos);

    /// <summary>Who calls what.</summary>
    private readonly record struct Call(
        Address Client, ushort Port, byte Protocol, string Namespace, string Service)
    {
        public static Call Of(Connection one) => new(
            one.Client.Address, one.Client.Port, one.Protocol, one.ServerPeer.Namespace, one.ServerPeer.Service);
    }
}
