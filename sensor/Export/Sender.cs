using NetSniff.Wire.Delivery;
using NetSniff.Wire.Ring;

namespace NetSniff.Sensor.Export;

/// <summary>Sends over the network.</summary>
internal sealed class Sender : ISender
{
    private readonly DeliveryClient _client;
    private readonly SpoolOutbox _outbox;
    private readonly CancellationTokenSource _stop;
    private readonly Task _running;

    public Sender(DeliveryClient client, SpoolOutbox outbox, CancellationToken stopAtOnce)
    {
        _client = client;
        _outbox = outbox;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stopAtOnce);
        _running = Task.Run(() => client.RunAsync(_stop.Token), CancellationToken.None);
    }

    public RingMember Member => _client.Member;

    public bool IsUp => _client.IsUp;

    public bool IsOver => _running.IsCompleted;

    public bool HasLeft => _client.HasLeft;

    public int Weight => _client.Weight;

    public string? Problem => _client.Problem;

    public async Task EndAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    public Task CloseAsync()
    {
        _client.Close();
        return _running;
    }

    public void Dispose()
    {
        _outbox.Dispose();
        _stop.Dispose();
    }
}
