import { Component, type ReactNode } from 'react';
import { ErrorState } from '../ui/empty-state.tsx';

interface PageBoundaryProps {
  readonly children: ReactNode;
}

/** A page that fails does not take the others with it. A reload also brings the files of a newer rotato. */
export class PageBoundary extends Component<PageBoundaryProps, { readonly error: unknown }> {
  override readonly state = { error: null };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorState
        title="This page failed"
        error={this.state.error}
        stillWorks="Calls through rotato are not touched by this. If rotato was updated meanwhile, loading the panel anew helps."
        onRetry={() => location.reload()}
      />
    );
  }
}
