using NetSniff.Worker.Serve.Authorizing;
using NetSniff.Worker.Serve.Cutting;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Keeps from raw packets, and from setting sensors to anything, who may only read records. Whom the cluster
/// knows is asked by the <see cref="Gate"/>.</summary>
internal sealed class PacketDoor(PacketServing serving, QueryOptions options)
{
    /// <summary>Why a caller may not ask for a path; null when they may.</summary>
    public string? Refuse(Caller caller, string path)
    {
        var asked = AskedPaths.What(path);
        if (asked == Asked.Relay)
        {
            return options.IsWorker(caller) ? null : Refused(caller, "only workers hand on tasks");
        }

        if (asked is not (Asked.Packets or Asked.Sensors or Asked.Keep) || caller.Person is not null) return null;

        var isNamed = caller.IsMember && serving.Names.Contains(caller.Name);
        return caller.IsForPackets || isNamed || options.IsWorker(caller)
            ? null
            : Refused(
                caller, "raw packets and tasks of sensors need a permission of their own: the packets token, or a "
                    + "certificate that the worker's --packets-for names");
    }

    /// <summary>That somebody wanted packets and got none.</summary>
    public void Note(Caller caller)
    {
        serving.Counters.Ended("refused");
        serving.Audit($"audit: packets: {caller.Name} at {caller.Address} is refused");
    }

    private string Refused(Caller caller, string why)
    {
        Note(caller);
        return why;
    }
}
