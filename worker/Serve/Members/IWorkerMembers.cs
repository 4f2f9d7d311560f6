using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Members;

/// <summary>Another worker.</summary>
/// <param name="Address">Of its query port, `HOST:PORT`.</param>
public sealed record WorkerMember(string Name, string Address);

/// <summary>The other workers, as they are now.</summary>
public interface IWorkerMembers
{
    IReadOnlyList<WorkerMember> Others { get; }

    /// <summary>How to ask one. Its channel is kept and shared.</summary>
    Query.QueryClient ClientOf(WorkerMember member);
}
