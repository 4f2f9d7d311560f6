using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>A task that a sensor has been given, however the way to it leads.</summary>
public interface ITaskCall : IDisposable
{
    /// <summary>The next word: that it began, packets, and as the last one how it ended. Null behind that.</summary>
    Task<FromTasked?> ReadAsync(CancellationToken cancel);

    /// <summary>Further flows for a cut that follows.</summary>
    void Add(IEnumerable<FlowKey> flows);

    /// <summary>Tells the sensor to stop; its last word still comes.</summary>
    void Cancel(string reason);
}
