using NetSniff.Wire.Querying;
using NetSniff.Wire.Ring;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Cli.Hosting;

/// <summary>The other workers of a list, and a channel to each that is kept until its address or our certificate
/// changes.</summary>
internal sealed class MemberChannels(string self, IMembership workers, CertificateFiles certificates)
    : IWorkerMembers, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (WorkerMember Member, int Loads, QueryChannel Channel)> _channels =
        new(StringComparer.Ordinal);

    public IReadOnlyList<WorkerMember> Others =>
    [
        .. workers.Members.Where(member => member.Name != self)
            .Select(static member => new WorkerMember(member.Name, member.Address)),
    ];

    public Query.QueryClient ClientOf(WorkerMember member)
    {
        var current = certificates.Current;
        lock (_lock)
        {
            if (_channels.TryGetValue(member.Name, out var known))
            {
                if (known.Member == member && known.Loads == certificates.Loads) return known.Channel.Client;
                known.Channel.Dispose();
            }

            var channel = QueryChannel.To(new QueryEndpoint
            {
                Address = member.Address,
                Authorities = current.Authority,
                Identity = current.Identity,
                // One certificate for all workers is made out to none of them.
                ServerName = current.Name == self ? null : current.Name,
            });
            _channels[member.Name] = (member, certificates.Loads, channel);
            return channel.Client;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, _, channel) in _channels.Values) channel.Dispose();
            _channels.Clear();
        }
    }
}
