namespace NetSniff.Pipeline;

/// <summary>What may be changed while a shard runs; everything else of <see cref="ShardOptions"/> is for its life.
/// </summary>
public sealed record ShardSettings
{
    /// <summary>Names of the protocols that are read, as <see cref="Protocols.ProtocolInfo.Name"/>; empty for all.
    /// </summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Of those that are asked about flows with certain ports alone.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Ports { get; init; } =
        new Dictionary<string, IReadOnlyList<int>>();

    public TimeSpan TcpEstablishedIdleMax { get; init; } = TimeSpan.FromSeconds(600);

    public TimeSpan TcpHalfOpenIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan TcpClosedIdleMax { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan DatagramIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan OtherIdleMax { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ActiveMax { get; init; } = TimeSpan.FromMinutes(30);
}
