using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>Does what a sensor is set to do.</summary>
public interface ITaskRunner
{
    /// <summary>What the sensor says of itself before anything else.</summary>
    ControlHello Hello();

    /// <summary>Does one task. Ends soon when it is cancelled, by whatever it likes.</summary>
    Task<TaskEnded> RunAsync(SensorTask task, ITaskPort port, CancellationToken cancel);
}

/// <summary>Where what a task finds goes, and where further wishes come from.</summary>
public interface ITaskPort
{
    Task BeganAsync(KeptPackets kept);

    /// <summary>Waits until there is room for it where it goes. A chunk without packets needs none.</summary>
    Task SendAsync(PacketChunk chunk, CancellationToken cancel);

    /// <summary>Flows that were asked for since the task began, if there are any that were not taken yet.</summary>
    IReadOnlyList<FlowKey> TakeFlows();
}
