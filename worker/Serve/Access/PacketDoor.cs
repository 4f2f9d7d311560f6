using NetSniff.Worker.Serve.Cutting;
using NetSniff.Worker.Serve.Members;

namespace NetSniff.Worker.Serve.Access;

/// <summary>Keeps from raw packets, and from setting sensors to anything, who may only read records.</summary>
internal sealed class PacketDoor(PacketServing serving, IWorkerMembers? members)
{
    private const string Packets = "/netsniff.v1.Query/Packets";
    private const string Depth = "/netsniff.v1.Query/Depth";
    private const string Relay = "/netsniff.v1.Query/Relay";

    /// <summary>Why a caller may not ask for a path; null when they may.</summary>
    public string? Refuse(Caller caller, string path)
    {
        if (path.Equals(Relay, StringComparison.OrdinalIgnoreCase))
        {
            return IsWorker(caller) ? null : Refused(caller, "only workers hand on tasks");
        }

        var isPackets = path.Equals(Packets, StringComparison.OrdinalIgnoreCase);
        if (!isPackets && !path.Equals(Depth, StringComparison.OrdinalIgnoreCase)) return null;

        var isNamed = caller.IsMember && serving.Names.Contains(caller.Name);
        return caller.IsForPackets || isNamed || IsWorker(caller)
            ? null
            : Refused(
                caller, "raw packets and tasks of sensors need a permission of their own: the packets token, or a "
                    + "certificate that the worker's --packets-for names");
    }

    private bool IsWorker(Caller caller) =>
        caller.IsMember && members?.Others.Any(other => other.Name == caller.Name) == true;

    private string Refused(Caller caller, string why)
    {
        serving.Counters.Ended("refused");
        serving.Audit($"audit: packets: {caller.Name} at {caller.Address} is refused");
        return why;
    }
}
