using NetSniff.Operator.Reconciling;

namespace NetSniff.Operator;

/// <summary>Every reconciler there is.</summary>
public static class Reconcilers
{
    public static IReadOnlyList<IReconciler> All(OperatorParts parts) => [];
}
