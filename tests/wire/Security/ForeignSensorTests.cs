using Grpc.Core;
using NetSniff.Tests.Worker.Serve;
using NetSniff.Wire.Delivery;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;
using NetSniff.Worker;

namespace NetSniff.Tests.Wire.Security;

/// <summary>A sensor that speaks for another's spool, over a real connection.</summary>
public sealed class ForeignSensorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_worker_refuses_what_another_sensor_would_take_back()
    {
        using var authority = Certificates.NewAuthority("t", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        authority.IssueTo(_folder["w0"], "w0");
        authority.IssueSensorTo(_folder["node-1"], "node-1");
        using var store = new MemoryStore();
        await using var worker = new WorkerHost(
            new WorkerOptions
            {
                Name = "w0", Version = "1", Folder = _folder["data"], Listen = "127.0.0.1:0",
                Security = new ServerSecurity(new CertificateFiles(CertificatePaths.In(_folder["w0"]))),
            },
            store);
        await worker.StartAsync();
        var files = new CertificateFiles(CertificatePaths.In(_folder["node-1"]));
        using var channel = DeliveryChannel.Open(
            worker.Address, "w0", new ClientSecurity(files), prefersQuic: false);
        var client = new Ingest.IngestClient(channel);

        var own = SensorName.IdPrefix("node-1") + new string('7', 16);
        Assert.Equal(FromWorker.WhatOneofCase.Welcome, await HelloAsync(client, own));
        var refusal = await Assert.ThrowsAsync<RpcException>(() => HelloAsync(client, new string('a', 32)));
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        Assert.Equal([own], worker.Sensors().Select(sensor => sensor.Sensor));
    }

    [Fact]
    public async Task A_worker_gives_no_tasks_to_who_speaks_for_another_sensor()
    {
        using var authority = Certificates.NewAuthority("t", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
        authority.IssueTo(_folder["w0"], "w0");
        authority.IssueSensorTo(_folder["node-1"], "node-1");
        using var store = new MemoryStore();
        await using var worker = new WorkerHost(
            new WorkerOptions
            {
                Name = "w0", Version = "1", Folder = _folder["data"], Listen = "127.0.0.1:0",
                Security = new ServerSecurity(new CertificateFiles(CertificatePaths.In(_folder["w0"]))),
            },
            store);
        await worker.StartAsync();
        var files = new CertificateFiles(CertificatePaths.In(_folder["node-1"]));
        using var channel = DeliveryChannel.Open(
            worker.Address, "w0", new ClientSecurity(files), prefersQuic: false);
        // A worker that takes it says nothing.
        using var call = new Tasking.TaskingClient(channel).Attend(
            deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new FromTasked
        {
            Hello = new ControlHello { Sensor = new string('a', 32), Node = "n", Version = "1" },
        });
        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
        Assert.Empty(worker.Links.All);
    }

    private static async Task<FromWorker.WhatOneofCase> HelloAsync(Ingest.IngestClient client, string sensor)
    {
        using var call = client.Deliver(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new FromSensor
        {
            Hello = new Hello { Sensor = sensor, Node = "n", Version = "1" },
        });
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.WhatCase;
    }
}
